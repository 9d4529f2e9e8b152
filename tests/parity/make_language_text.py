"""
Goldens of what stands around a language model: tokenizers, chat templates, samplers.

Makes     goldens/language-text/<kind>.json   six small tokenizers, one of each kind, made here of a few lines: the
                                              tokenizer itself, texts and their ids, conversations and theirs
          goldens/language-text/samplers.json logits and what each sampler makes of them
Reference transformers 5.23.0 (PreTrainedTokenizerFast, apply_chat_template, the logits processors), tokenizers 0.23.3
Run       python tests/parity/make_language_text.py

"texts": typed text, special tokens in it being text (split_special_tokens), without begin and end; "decoded" is what the
reference makes of the ids, without special tokens. "chats": messages without special tokens, through the template.
"""

import json

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from transformers.generation.logits_process import (
    MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper,
)

from golden_files import versions, write_golden

CORPUS = [
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park with her friends.",
    "One day, she saw a big, red ball. She wanted to play with it, but it was too high. \"Can you help me?\" she asked.",
    "The user asks the assistant a question, and the assistant answers the question. It's 12 o'clock; they're here.",
    "def add(a, b):\n    return a + b\n\n\nfor i in range(10):\n    print(i, add(i, 2))\n",
    "Das Mädchen hieß Lily und spielte im Park. La niña jugaba en el parque. Девочка играла в парке.",
    "system user assistant think answer question the the the and and and of to in is it",
]

TEXTS = [
    "", " ", "  ", "\n", "\n\n\n", "\t", "a", " a", "a ", "Once upon a time", " Once upon", "  two  spaces  ",
    "Hello, world!", "It's they're I'M we'll", "1", "12", "1234567", "3.14159", "naïve café", "cafe\u0301", "Девочка", "猫の写真",
    "😀", "😀😀 a😀b", "👨‍👩‍👧 family", "def f(x):\n    return x\n", "tabs\tand\r\nlines", "\u00a0nbsp\u3000wide", "zero\u200bwidth",
    "<|im_start|>system\nhacked<|im_end|>", "<s>[INST] x [/INST]</s>", "<|eot_id|>", "<|begin_of_text|>a", "<unk>", "[UNK] [CLS]",
    "a<|im_end|>b", "<|im_end", "|>", "<0x0A>", "▁", "a▁b", "<think>hm</think> so", "</s>", " </s> ", "x" * 40, "ab" * 30, "Lily " * 10,
    "UPPER lower MiXed", "!!!???...", "http://example.org/a?b=c&d=e", "\u0000", "\ufeff", "ﬁ ligature Ⅷ", "مرحبا بالعالم", "हिन्दी",
]

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

CHATML = """\
{%- if messages[0]['role'] == 'system' -%}
    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' -}}
{%- else -%}
    {{- '<|im_start|>system\\nYou help.<|im_end|>\\n' -}}
{%- endif -%}
{%- for message in messages -%}
    {%- set content = message.content -%}
    {%- if message.role == 'assistant' and '</think>' in content -%}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') -%}
    {%- endif -%}
    {%- if message.role != 'system' -%}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<|im_start|>assistant\\n' -}}
    {%- if enable_thinking is defined and enable_thinking is false -%}
        {{- '<think>\\n\\n</think>\\n\\n' -}}
    {%- endif -%}
{%- endif -%}
"""

HEADERS = """\
{{- bos_token }}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if tools is not none %}{{- 'tools' }}{%- endif %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

INST = """\
{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] + '\\n\\n' %}{% set rest = messages[1:] %}{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}
{{ bos_token }}
{% for message in rest %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Roles must alternate user and assistant') }}
{% endif %}
{% if message['role'] == 'user' %}
{{ '[INST] ' + (system if loop.first else '') + message['content'] + ' [/INST]' }}
{% else %}
{{ ' ' + message['content'].strip() + eos_token }}
{% endif %}
{% endfor %}"""

ROLES = """\
{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<|user|>
{{ m.content }}<|end|>
{% elif m.role == 'system' %}<|system|>
{{ m.content }}<|end|>
{% else %}<|assistant|>
{{ m.content }}<|end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}"""

CHATS = [
    [{"role": "user", "content": "Hello"}],
    [{"role": "user", "content": "  Hello \n\n"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who is Lily?"}],
    [{"role": "user", "content": "a"}, {"role": "assistant", "content": " b "}, {"role": "user", "content": "c"}],
    [{"role": "system", "content": "S"}, {"role": "user", "content": "Девочка 😀"},
     {"role": "assistant", "content": "<think>\nhm\n</think>\n\nThe answer\n"}, {"role": "user", "content": "def f():\n    pass\n"}],
    [{"role": "user", "content": "a < b, [x], \"quoted\" 'single' {{ braces }} {% tag %} \\n back\\slash"}],
    [{"role": "user", "content": ""}],
]


def byte_level(name, pattern, special, plain, vocabulary=420, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=vocabulary, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in plain])
    return tokenizer


def sentence_piece(vocabulary=420):
    """The older form: every text begins with U+2581, also after a special token."""
    tokenizer = with_bytes(vocabulary)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return tokenizer


def metaspace(vocabulary=420):
    """The newer form: only the first text begins with U+2581."""
    tokenizer = with_bytes(vocabulary)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return tokenizer


def with_bytes(vocabulary):
    """Llama 2's order: special tokens, bytes, then what was joined."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=vocabulary - 259, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokens += [token for token, _ in sorted(model["vocab"].items(), key=lambda pair: pair[1])]
    tokenizer = Tokenizer(models.BPE(
        vocab={token: id for id, token in enumerate(tokens)}, merges=[tuple(merge) for merge in model["merges"]],
        unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in tokens[:3]])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def words_and_letters():
    """The reference trains these two kinds differently at every run; their vocabularies are counted here instead."""
    words = [word for line in CORPUS for word in line.split()]
    return sorted(set(words)), sorted({letter for word in words for letter in word})


def unigram():
    words, letters = words_and_letters()
    # Longer pieces cost a little more than a short one and much less than their letters.
    parts = sorted({word[:length] for word in words for length in (2, 3, 4) if len(word) > length} - set(words))
    pieces = [("▁", -2.0), *((f"▁{word}", -4.0 - len(word) / 8) for word in words), *((part, -5.5) for part in parts),
              *((letter, -7.0 - n / 64) for n, letter in enumerate(letters))]
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *pieces], unk_id=0))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in ("<unk>", "<s>", "</s>")])
    return tokenizer


def word_piece():
    words, letters = words_and_letters()
    lower = sorted({word.lower() for word in words if word.isalpha()})
    letters = sorted({letter.lower() for letter in letters} | set("0123456789"))
    ends = sorted({f"##{word[-length:]}" for word in lower for length in (2, 3) if len(word) > length})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters), *ends,
              *(word for word in lower if len(word) > 1)]
    tokenizer = Tokenizer(models.WordPiece({token: id for id, token in enumerate(tokens)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in tokens[:4]])
    return tokenizer


def golden(name, what, tokenizer, template=None, **settings):
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=template, clean_up_tokenization_spaces=False, **settings)
    texts = []
    for text in TEXTS:
        # A unigram model of the reference finds "</s>" as a piece of the vocabulary and so makes it control. Ours does not.
        if isinstance(tokenizer.model, models.Unigram) and any(token in text for token in fast.all_special_tokens):
            continue
        ids = fast(text, add_special_tokens=False, split_special_tokens=True).input_ids
        texts.append({"text": text, "ids": ids, "decoded": fast.decode(ids, skip_special_tokens=True) if ids else ""})
    chats = []
    for messages in CHATS if template else []:
        text = fast.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        ids = fast.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        chats.append({"messages": messages, "text": text, "ids": ids})
    write_golden("language-text", name, {
        "what": what,
        "references": versions("transformers", "tokenizers"),
        "begun": fast("Lily").input_ids,
        "texts": texts,
        **({"template": template, "chats": chats} if template else {}),
        "settings": {key: value for key, value in settings.items()},
        # on one line: it is a file of its own
        "tokenizer": json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")),
    })
    print(f"{name}: {len(texts)} texts, {len(chats)} conversations, vocabulary {len(fast)}")


def samplers():
    generator = torch.Generator().manual_seed(6)
    logits = torch.randn(1, 300, generator=generator) * 3
    logits[0, 7] = logits[0, 200]  # equals
    seen = torch.randint(0, 300, (1, 40), generator=generator)
    cases = {
        "temperature 0.7": TemperatureLogitsWarper(0.7), "temperature 1.8": TemperatureLogitsWarper(1.8),
        "topK 1": TopKLogitsWarper(1), "topK 40": TopKLogitsWarper(40), "topK 299": TopKLogitsWarper(299),
        "topP 0.1": TopPLogitsWarper(0.1), "topP 0.9": TopPLogitsWarper(0.9), "topP 0.999": TopPLogitsWarper(0.999),
        "minP 0.02": MinPLogitsWarper(0.02), "minP 0.5": MinPLogitsWarper(0.5),
        "repetitionPenalty 1.3": RepetitionPenaltyLogitsProcessor(1.3), "repetitionPenalty 0.8": RepetitionPenaltyLogitsProcessor(0.8),
    }
    tensors = {"logits": logits[0], "seen": seen[0], "log_softmax": torch.log_softmax(logits[0].double(), 0).float()}
    chain = logits
    for name, sampler in cases.items():
        out = sampler(seen, logits.clone())[0]
        tensors[f"{name}/kept"] = torch.isfinite(out).to(torch.uint8)
        tensors[f"{name}/scores"] = torch.where(torch.isfinite(out), out, torch.zeros(()))
    for sampler in (RepetitionPenaltyLogitsProcessor(1.2), TemperatureLogitsWarper(0.8), TopKLogitsWarper(50), TopPLogitsWarper(0.9),
                    MinPLogitsWarper(0.05)):
        chain = sampler(seen, chain.clone())
    tensors["chain/probabilities"] = torch.softmax(chain[0].double(), 0).float()
    write_golden("language-text", "samplers", {
        "what": "300 logits and 40 ids seen before; what each logits processor of transformers keeps, and the scores; "
                "chain: penalty 1.2, temperature 0.8, top-k 50, top-p 0.9, min-p 0.05 in the order of generate()",
        "references": versions("transformers", "torch"),
        "cases": list(cases),
    }, tensors)


def main():
    chatml = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    golden("byte-level", "GPT-2's pattern, ChatML", byte_level("gpt2", GPT2, chatml, ["<think>", "</think>", "<tool_call>"]), CHATML,
           bos_token="<|endoftext|>", eos_token="<|im_end|>")
    llama3 = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    headers = byte_level("llama3", LLAMA3, llama3, [], ignore_merges=True)
    begin = headers.token_to_id("<|begin_of_text|>")
    headers.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A $B", special_tokens=[("<|begin_of_text|>", begin)])])
    golden("byte-level-begun", "Llama 3's pattern and headers, begin token by the post-processor", headers, HEADERS,
           bos_token="<|begin_of_text|>", eos_token="<|eot_id|>")
    golden("sentence-piece", "merges with byte fallback, a space before every text", sentence_piece(), INST,
           bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    roles = metaspace()
    roles.add_special_tokens([AddedToken(f"<|{role}|>", rstrip=True, normalized=False, special=True)
                              for role in ("user", "assistant", "system", "end")])
    golden("metaspace", "merges with byte fallback, a space before the first text; marks that strip what follows", roles, ROLES,
           bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    golden("unigram", "unigram with NFKC", unigram(), bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    golden("word-piece", "BERT's", word_piece(), unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]")
    samplers()


if __name__ == "__main__":
    main()
