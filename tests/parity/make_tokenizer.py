"""
Goldens of the CLIP tokenizer: some ninety texts and their ids, in the embedded model's vocabulary and in OpenAI's.

Makes     goldens/tokenizer/embedded.json   the embedded picture model's tokenizer (3037 tokens, 32 places)
          goldens/tokenizer/openai.json     OpenAI's full vocabulary (49408 tokens, 77 places), padded with <|endoftext|>
          goldens/tokenizer/openai-pad-0.json  the same padded with "!" (id 0), as Stable Diffusion 2 and SDXL's second
                                               tokenizer do; a few texts
Reference transformers 5.23.0 CLIPTokenizer, which is the "fast" one (tokenizers 0.23.3); ftfy 6.3.1 for the comparison
Run       python tests/parity/make_tokenizer.py [--embedded FOLDER] [--openai bpe_simple_vocab_16e6.txt.gz]
          OpenAI's own vocabulary file lies in native-models/embedded/clip-vocabulary.

Each entry is {"text", "ids", "padded"}: ids with start and end but without padding and whole; padded to exactly
maxLength, cut so that the end token stays last. Where OpenAI's own simple_tokenizer (ftfy, HTML entities undone) gives
other ids, "simple" holds them, for knowledge only: diffusers with transformers 5 gives "ids".
"""

import argparse
import gzip
import html
import json
import tempfile
from pathlib import Path

import ftfy
import regex
from transformers import CLIPTokenizer

from golden_files import versions, write_golden

ROOT = Path(__file__).resolve().parents[2]

TEXTS = [
    "", " ", "a", "a red heart", "a red heart, noto style", "grinning face, blob style", "A RED HEART", "A Red HEART",
    "a photograph of an astronaut riding a horse", "pizza, fluent style on a navy background",
    "  leading and trailing  ", "many   spaces    between", "line\nbreak", "two\n\nlines\r\nand windows", "tab\there",
    "non\u00a0breaking\u2003and\u3000wide spaces", "zero\u200bwidth\u200bspace", "\ufeffbyte order mark",
    "it's", "IT'S", "'S", "don't we'll they've I'm she'd you're", "rock'n'roll", "''quoted''", "it\u2019s curly",
    "\u201cdouble\u201d \u2018single\u2019", "'tis the season", "dogs' tails",
    "1", "12", "123 4567", "3.14159", "1,000,000", "v1.5-pruned", "4k 8K HD", "\u00bd \u00b2 \u2167 \u0663 \uff15",
    "!", "!!!", "...", "?!?!", "hello, world!", "(a:1.2) [b] {c}", "a--b---c", "semi;colon:dot.", "#hash @at $5 100%",
    "under_score snake_case_name", "back\\slash /slash", "<tag> </tag>", "a<b>c", "~`^|", "*~*~*", ":-) ;-P <3",
    "caf\u00e9", "cafe\u0301", "\u00c9cole \u00c0 la carte", "na\u00efve fa\u00e7ade", "\u00dcber stra\u00dfe GR\u00d6SSE",
    "\u0130stanbul \u0131", "\u01c5 \ufb01 \u2126", "\u1e9e",
    "\u732b\u306e\u5199\u771f", "\u4e00\u53ea\u7ea2\u8272\u7684\u5fc3", "\ud55c\uad6d\uc5b4 \ud558\ud2b8",
    "\u0642\u0644\u0628 \u0623\u062d\u0645\u0631", "\u05dc\u05d1 \u05d0\u05d3\u05d5\u05dd",
    "\u0932\u093e\u0932 \u0926\u093f\u0932", "\u043a\u0440\u0430\u0441\u043d\u043e\u0435 \u0421\u0415\u0420\u0414\u0426\u0415",
    "\u03ba\u03cc\u03ba\u03ba\u03b9\u03bd\u03b7 \u039a\u0391\u03a1\u0394\u0399\u0391\u03a3", "\u0e2b\u0e31\u0e27\u0e43\u0e08",
    "\u2764", "\u2764\ufe0f", "\U0001f600", "\U0001f600\U0001f600", "a\U0001f600b", "\U0001f44d\U0001f3fd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3", "\U00020000 \U0001d400",
    "&amp; &lt;3 &eacute;", "&amp;amp;", "&nbsp;", "&#39;",
    "<|endoftext|>", "<|startoftext|>", "a <|endoftext|> b", "a<|endoftext|>b", "<|ENDOFTEXT|>", "<|STARTOFTEXT|>", "<|startoftext|>heart<|endoftext|>",
    "< |endoftext| >", "a</w>b", "heart</w>",
    "\x00", "a\x00b", "bell\x07 escape\x1b[0m", "\x7f\x85\x9f", "soft\u00adhyphen", "a\u0301\u0302\u0303", "\u202eright to left",
    "\ufffd", "\ufffe", "\u200d", "\u0301",
    "supercalifragilisticexpialidocious", "pneumonoultramicroscopicsilicovolcanoconiosis" * 3, "x" * 300, "ab" * 100,
    "\u732b" * 60, "!" * 90, "word " * 100,
    "a portrait of a woman, highly detailed, digital painting, artstation, concept art, smooth, sharp focus, "
    "illustration, art by artgerm and greg rutkowski and alphonse mucha, 8k, trending, cinematic lighting, masterpiece, "
    "best quality, ultra-detailed, intricate, elegant, volumetric light, depth of field, bokeh, film grain",
    "mixed: caf\u00e9 \U0001f600 123 \u732b <|endoftext|> it's\tOK?!",
]


def bytes_to_unicode() -> dict:
    """GPT-2's way to give every byte a visible character."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {b: chr(b) for b in printable}
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + len(table) - len(printable))
    # OpenAI's order: the printable bytes first, then the others.
    return table


def build_openai(archive: Path, folder: Path):
    """vocab.json and merges.txt from OpenAI's file, as simple_tokenizer.py numbers them."""
    lines = gzip.open(archive).read().decode("utf-8").split("\n")
    merges = lines[1:49152 - 256 - 2 + 1]
    characters = list(bytes_to_unicode().values())
    tokens = characters + [c + "</w>" for c in characters] + [m.replace(" ", "") for m in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: i for i, token in enumerate(tokens)}
    assert len(tokens) == len(vocab) == 49408
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "bos_token": "<|startoftext|>",
                "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


class SimpleTokenizer:
    """OpenAI's simple_tokenizer, restated: ftfy, entities undone twice, white space joined, lower case, then BPE."""

    pattern = regex.compile(
        r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE)

    def __init__(self, folder: Path):
        self.vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        merges = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")[1:]
        self.ranks = {tuple(m.split()): i for i, m in enumerate(merges) if m.strip()}
        self.bytes = bytes_to_unicode()

    def bpe(self, word: str) -> list:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            best = min(zip(parts, parts[1:]), key=lambda pair: self.ranks.get(pair, 1 << 30))
            if best not in self.ranks:
                break
            joined, i = [], 0
            while i < len(parts):
                if i + 1 < len(parts) and (parts[i], parts[i + 1]) == best:
                    joined.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    joined.append(parts[i])
                    i += 1
            parts = joined
        return parts

    def ids(self, text: str) -> list:
        text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
        text = regex.sub(r"\s+", " ", text).strip().lower()
        out = [self.vocab["<|startoftext|>"]]
        for piece in self.pattern.findall(text):
            if piece in ("<|startoftext|>", "<|endoftext|>"):
                out.append(self.vocab[piece])
                continue
            word = "".join(self.bytes[b] for b in piece.encode("utf-8"))
            out += [self.vocab.get(part, self.vocab["<|endoftext|>"]) for part in self.bpe(word)]
        return [*out, self.vocab["<|endoftext|>"]]


def golden(name: str, what: str, folder: Path, texts, **settings):
    tokenizer = CLIPTokenizer.from_pretrained(str(folder), **settings)
    simple = SimpleTokenizer(folder)
    length = tokenizer.model_max_length
    entries, other, unknown = [], 0, 0
    for text in texts:
        ids = tokenizer(text).input_ids
        padded = tokenizer(text, padding="max_length", max_length=length, truncation=True).input_ids
        assert len(padded) == length and all(0 <= i < len(tokenizer) for i in ids)
        assert padded == ([*ids[:length - 1], ids[-1]] if len(ids) > length
                          else ids + [tokenizer.pad_token_id] * (length - len(ids)))
        entry = {"text": text, "ids": ids, "padded": padded}
        if simple.ids(text) != ids:
            entry["simple"] = simple.ids(text)
            other += 1
        entries.append(entry)
    print(f"{name}: {len(entries)} texts, {other} of them other in OpenAI's simple_tokenizer; vocabulary {len(tokenizer)}, "
          f"max {length}, pad {tokenizer.pad_token_id}, {type(tokenizer).__name__} is_fast {tokenizer.is_fast}")
    write_golden("tokenizer", name, {
        "what": what,
        "references": versions("transformers", "tokenizers", "ftfy"),
        "tokenizer": f"transformers.{type(tokenizer).__name__}, {'fast' if tokenizer.is_fast else 'slow'}",
        "vocabularySize": len(tokenizer), "maxLength": length,
        "startId": tokenizer.bos_token_id, "endId": tokenizer.eos_token_id,
        "padId": tokenizer.pad_token_id, "unknownId": tokenizer.unk_token_id,
        "notes": NOTES,
        "texts": entries,
    })


NOTES = {
    "steps": "NFC, every run of white space to one space, lower case; split by "
             r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+ (what is between "
             "matches is dropped); each piece split once more as GPT-2 does, which only takes apart a <|endoftext|> that came "
             "of capitals, into <| endoftext |>; UTF-8 bytes to GPT-2's characters; BPE with </w> on the last; start and end around.",
    "special tokens": "<|startoftext|> and <|endoftext|> typed by a person ARE the special tokens, cut out of the raw text "
                      "before anything else (the text between is then normalised by itself). Capitals are not special, "
                      "with one oddity: a token whose tokenizer_config.json entry says normalized true is sought in the "
                      "lower-case text (the embedded model's start token; its end token loses that by pad_token being "
                      "a plain string).",
    "simple": "only for knowledge: OpenAI's simple_tokenizer, which transformers 4's slow CLIPTokenizer follows when ftfy "
              "is installed.",
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--embedded", type=Path, default=ROOT / "native-models/embedded/pictures/tokenizer")
    arguments.add_argument("--openai", type=Path,
                           default=ROOT / "native-models/embedded/clip-vocabulary/bpe_simple_vocab_16e6.txt.gz")
    given = arguments.parse_args()
    golden("embedded", "the embedded picture model's tokenizer", given.embedded, TEXTS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build_openai(given.openai, folder)
        golden("openai", "OpenAI's CLIP vocabulary; build vocab.json and merges.txt from its file by build_openai",
               folder, TEXTS)
        golden("openai-pad-0", "the same, padded with \"!\"", folder,
               ["", "a red heart", "!", "a <|endoftext|> b", "word " * 100], pad_token="!")


if __name__ == "__main__":
    main()
