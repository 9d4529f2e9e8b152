/**
 * ChatML, which most models that came after 2023 understand: for those whose own template cannot be used, chosen by
 * name. It is a template as any other.
 */
export const CHATML = `
{%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\\n' -}}
{%- endif -%}
`;
