#!/usr/bin/env bash
# Makes every golden again, in about two minutes on two cores. README.md beside this file tells how to set Python up.
#   bash tests/parity/make_all.sh
# PYTHON names the interpreter (default: python), PARITY_GOLDENS another folder to write into.
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python}"
"$python" seeded_weights.py
"$python" make_networks.py
"$python" make_autoencoders.py
"$python" make_adapters.py
"$python" make_clip.py
"$python" make_clip_spellings.py
"$python" make_inception.py
"$python" make_torch_files.py
"$python" make_noise.py
"$python" make_schedulers.py
"$python" make_scheduler_options.py
"$python" make_tokenizer.py
"$python" make_language.py
"$python" make_language_text.py
"$python" make_gguf.py
"$python" make_metrics.py
"$python" make_pictures.py
"$python" make_resizers.py
"$python" make_decoding.py
"$python" make_families.py
"$python" make_single_file.py
"$python" make_evaluation.py
