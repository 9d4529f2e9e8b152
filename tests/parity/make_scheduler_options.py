"""
Goldens of the options that scheduler configs carry beside spacing and prediction: short runs, the last sample only.

Makes     goldens/scheduler-options/options.json
Reference torch 2.13.0, diffusers 0.42.1
Run       python tests/parity/make_scheduler_options.py

Each run starts from torch.randn([1,1,4,5]) of a CPU generator with seed 7, times the initial sigma; the stand-in for
the network answers float32(0.9 * scaled + 0.6 * sin(timestep / 100 + (k mod 7))), k the flat index; step noise comes
from the same generator. The model predicts far enough out that clipping and thresholding bite.
"""

import diffusers
import torch

from golden_files import versions, write_golden
from make_schedulers import build, step

diffusers.logging.set_verbosity_error()

BASE = {
    "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "steps_offset": 1, "set_alpha_to_one": False, "timestep_spacing": "leading", "clip_sample": False,
}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
RUNS = [
    ("ddim", 4, {"prediction_type": "sample"}),
    ("ddim", 4, {"clip_sample": True, "clip_sample_range": 0.8}),
    ("ddim", 4, {"thresholding": True, "sample_max_value": 1.5, "dynamic_thresholding_ratio": 0.9}),
    ("ddim", 4, {"set_alpha_to_one": True}),
    ("ddim", 5, {**COSINE, "timestep_spacing": "linspace"}),
    ("ddim", 7, {"beta_schedule": "linear", "num_train_timesteps": 100, "timestep_spacing": "trailing"}),
    ("euler", 4, {"prediction_type": "sample"}),
    ("euler", 4, {"use_karras_sigmas": True, "sigma_min": 0.1, "sigma_max": 10.0}),
    ("euler", 4, {"final_sigmas_type": "sigma_min"}),
    ("dpmpp_2m", 4, {"prediction_type": "sample"}),
    ("dpmpp_2m", 4, {"solver_type": "heun"}),
    ("dpmpp_2m", 4, {"final_sigmas_type": "sigma_min", "lower_order_final": False}),
    ("dpmpp_2m", 4, {"final_sigmas_type": "sigma_min", "euler_at_final": True}),
    ("dpmpp_2m", 16, {"final_sigmas_type": "sigma_min", "lower_order_final": True}),
    ("dpmpp_2m", 4, {"thresholding": True, "sample_max_value": 1.5}),
    ("dpmpp_2m", 4, {**COSINE, "lambda_min_clipped": -5.1, "timestep_spacing": "linspace"}),
    ("dpmpp_2m", 4, {**COSINE, "lambda_min_clipped": -5.1, "timestep_spacing": "trailing"}),
    ("dpmpp_2m", 4, {**COSINE, "use_karras_sigmas": True}),
    ("lcm", 4, {"prediction_type": "sample"}),
    ("lcm", 4, {"clip_sample": True}),
    ("lcm", 4, {"thresholding": True, "sample_max_value": 1.5}),
    ("lcm", 7, {"original_inference_steps": 20, "timestep_scaling": 3.0}),
]


def run(sampler, steps, options):
    scheduler = build(sampler, {**BASE, **options})
    scheduler.set_timesteps(steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)  # cosine Karras sigmas share their first timestep; see make_schedulers.py
    generator = torch.Generator("cpu").manual_seed(7)
    sample = torch.randn([1, 1, 4, 5], generator=generator) * float(scheduler.init_noise_sigma)
    k = torch.arange(20).reshape(1, 1, 4, 5) % 7
    for t in scheduler.timesteps:
        scaled = scheduler.scale_model_input(sample, t)
        output = (0.9 * scaled.double() + 0.6 * torch.sin(float(t) / 100 + k.double())).float()
        sample = step(scheduler, output, t, sample, generator)
    return {
        "sampler": sampler, "steps": steps, "options": options, "timesteps": [float(t) for t in scheduler.timesteps],
        "initNoiseSigma": float(scheduler.init_noise_sigma), "last": [float(v) for v in sample.flatten()],
    }


if __name__ == "__main__":
    write_golden("scheduler-options", "options", {
        "what": "the last sample of short runs, one scheduler option each; base is every run's config but for options",
        "references": versions("torch", "diffusers"),
        "base": BASE,
        "runs": [run(*each) for each in RUNS],
    })
