#!/usr/bin/env bash
# Makes every golden again, in about two minutes on two cores. README.md beside this file tells how to set Python up.
#   bash tests/parity/make_all.sh [bpe_simple_vocab_16e6.txt.gz]
# PYTHON names the interpreter (default: python), PARITY_GOLDENS another folder to write into.
# Without OpenAI's vocabulary file the two goldens tokenizer/openai*.json stay as they are.
set -euo pipefail
vocabulary="${1:+$(realpath "$1")}"
cd "$(dirname "$0")"
python="${PYTHON:-python}"
"$python" seeded_weights.py
"$python" make_networks.py
"$python" make_adapters.py
"$python" make_clip.py
"$python" make_inception.py
"$python" make_noise.py
"$python" make_schedulers.py
"$python" make_scheduler_options.py
"$python" make_tokenizer.py ${vocabulary:+--openai "$vocabulary"}
"$python" make_language.py
"$python" make_language_text.py
"$python" make_gguf.py
"$python" make_pictures.py
"$python" make_resizers.py
"$python" make_decoding.py
"$python" make_families.py
