import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../../../native-models/chat-templates/chat-template.js';
import { CHATML } from '../../../../native-models/chat-templates/chatml.js';
import { defaultSystem } from '../../../../native-models/chat-templates/default-system.js';

const of = (source: string): string | null => defaultSystem(new ChatTemplate(source));

/** As SmolLM2 and Qwen2.5 have it: a system turn of their own where the first turn is none. */
const own =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}" +
  '{{ "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n" }}{% endif %}' +
  "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/** As Vicuna has it: the system's text stands first, without a frame. */
const unframed =
  "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% set rest = messages[1:] %}" +
  "{% else %}{{ 'A chat between a curious user and an assistant.' }}{% set rest = messages %}{% endif %}" +
  "{% for message in rest %}{{ ' ' + message.role + ': ' + message.content }}{% endfor %}";

describe('what a template tells the model by itself', () => {
  test('is found between what it puts around a system prompt', () => {
    expect(of(own)).toBe('You are a helpful AI assistant named SmolLM, trained by Hugging Face');
    expect(of(unframed)).toBe('A chat between a curious user and an assistant.');
  });

  test('is nothing where it adds nothing, or only what it always adds', () => {
    expect(of(CHATML)).toBeNull();
    const dated =
      "{{ '<|start|>system\nKnowledge: December 2023\n\n' }}" +
      "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% set rest = messages[1:] %}" +
      '{% else %}{% set rest = messages %}{% endif %}' +
      "{{ '<|end|>' }}{% for message in rest %}{{ message.content }}{% endfor %}";
    expect(of(dated)).toBeNull();
  });

  test('is nothing where it has no place for a system prompt, or objects to one', () => {
    expect(of('{% for message in messages %}{% if message.role != "system" %}{{ message.content }}{% endif %}{% endfor %}')).toBeNull(); // prettier-ignore
    expect(of('{% for message in messages %}{% if message.role == "system" %}{{ raise_exception("No system.") }}{% endif %}{{ message.content }}{% endfor %}')).toBeNull(); // prettier-ignore
  });
});
