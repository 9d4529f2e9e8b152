/** System prompts to begin with; each can be edited once it is taken. */
export const PRESETS: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'None', text: '' },
  {
    name: 'Short answers',
    text: 'Answer in one or two sentences. If you do not know something, say so.',
  },
  {
    name: 'Step by step',
    text: 'Work through the question one numbered step at a time, then give the result in a last line of its own.',
  },
  {
    name: 'Editor',
    text: 'You are a careful editor. Correct spelling and grammar, keep the writer’s voice, and list what you changed.',
  },
  {
    name: 'Picture prompts',
    text: 'Turn what is asked for into one prompt for a text-to-image model: subject, setting, light, style, commas between them, under 60 words.',
  },
];
