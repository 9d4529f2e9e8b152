/** What to get for a talk, where the model in use only continues. */
export const LANGUAGE_MODEL_HINT =
  'For answers, add a model that was tuned for conversation: a GGUF file with “Instruct” or “Chat” in its name, or a Hugging Face folder.';
