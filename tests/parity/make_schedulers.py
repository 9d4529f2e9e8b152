"""
Goldens of samplers: the whole way of a small latent under a deterministic stand-in for the network.

Makes     goldens/schedulers/<sampler>-<schedule>.json + .safetensors, each with many runs, and alphas.json/.safetensors
Reference torch 2.13.0, diffusers 0.42.1; where diffusers has no such combination, the formulas in this script, and
          every run says which ("reference")
Run       python tests/parity/make_schedulers.py [SAMPLER ...]   default: all of SAMPLERS, and alphas

A run is one scheduler built as a user builds it, XScheduler.from_config(base, ...), set to `steps`, driven as
StableDiffusionPipeline drives it. Its tensors, with RUN = its name:

    RUN.timesteps        [calls], int64 or float32 as diffusers hands them to the network; calls is steps, or more for a
                         class whose steps ask the network twice
    RUN.sigmas           [calls + 1] float32, where the class has them
    RUN.latents          [1,4,3,5] torch.randn of a CPU generator with seed 7
    RUN.model_output.I   what the stand-in answered in step I
    RUN.step_noise.I     the noise that step I drew from that same generator; in which steps: `draws` of its row
    RUN.sample.I         the latents after step I

A new sampler is one row in SAMPLERS, with its step in float64 as a method of Restated. A row that lacks a fact, and a
fact that is not so, stop the script.

The first sample is latents * initNoiseSigma. The stand-in answers, in float64 and then rounded to float32,

    0.3 * scaled + 0.1 * sin(timestep / 100 + (k mod 7))

where scaled = scale_model_input(sample) as float32, k is the flat index, and timestep the run's own value.
"""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass

import diffusers
import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
)

from golden_files import versions, write_golden

torch.set_num_threads(2)
diffusers.logging.set_verbosity_error()

# What Stable Diffusion files say, with the spacing written out.
SD = {
    "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "trained_betas": None, "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1,
    "prediction_type": "epsilon", "timestep_spacing": "leading", "rescale_betas_zero_snr": False,
}
# scheduler_config.json of Stable Diffusion 1.5 word for word: it names no spacing and no prediction type.
SD15_FILE = {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "beta_start": 0.00085, "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True,
    "steps_offset": 1, "trained_betas": None, "clip_sample": False,
}

NOTES = {
    "missing keys": "A key that the model's config does not have takes the default of the sampler's OWN class: "
                    "timestep_spacing is then linspace for euler, euler_a and dpmpp_2m, leading for ddim and lcm (runs "
                    "`sd15file-...`).",
    "rounding": "numpy rounds halves to even. np.linspace and np.interp run in float64; the result is then made "
                "float32 (euler, euler_a: fractional timesteps) or rounded to int64 (ddim, dpmpp_2m).",
    "ddim": "init sigma 1; the previous timestep is timestep - num_train // steps, NOT the next entry of the list (they "
            "differ for linspace and where steps does not divide); below 0 the final alpha: 1 with set_alpha_to_one, "
            "else alphas_cumprod[0]. With zero-terminal SNR alphas_cumprod[999] is 0, so epsilon gives no number there.",
    "euler": "init sigma is the largest sigma of this run for linspace and trailing, sqrt(max^2 + 1) for leading "
             "(asked for after set_timesteps, as the pipeline does). No noise is drawn.",
    "zero-terminal SNR": "all sigma classes set alphas_cumprod[999] = 2^-24, so sigma there is 4096. float32 then loses "
                         "what the latents shrink by: see each run's stepDeviation.",
    "float32 order": "diffusers' own float32 steps, each operation rounded, give its numbers to 1e-7 even from sigma 4096: "
                     "euler epsilon x0 = x - s*o; v x0 = o * (-s / sqrt(s*s + 1)) + x / (s*s + 1); d = (x - x0) / s; "
                     "x' = x + d * (s' - s). euler_a is as close but for the first step of zerosnr-v-8, "
                     "float32 noise in sqrt(s'^2 - up^2): compare within stepDeviation.",
    "karras": "euler takes sigma_max and sigma_min from its own spaced timesteps, dpmpp_2m from the whole training "
              "table. euler keeps fractional timesteps, dpmpp_2m rounds them to int64 (they may repeat).",
    "dpmpp_2m": "init sigma 1, the input is not scaled. leading: step_ratio = 1000 // (steps + 1), linspace: steps + 1 "
                "points without the last. Step 1 is first order; the last one is too (final sigma 0, whatever the number "
                "of steps); all others are second order, midpoint. With sigma_t = 0 lambda is infinite: exp(-h) = 0.",
    "lcm": "normal ignores timestep_spacing: original_inference_steps 50 gives 19, 39 .. 999; from that list reversed the "
           "indices floor(linspace(0, 50, steps, no endpoint)). More than 50 steps is an error. The boundary scalings use "
           "timestep * 10 and sigma_data 0.5. The last step adds no noise and draws none.",
    "clip_sample": "false here; StableDiffusionPipeline also turns clip_sample true into false and steps_offset into 1 in "
                   "the model's own scheduler, before any other is made from it.",
}


def fake_model(scaled: torch.Tensor, timestep) -> torch.Tensor:
    x = scaled.numpy().astype(np.float64)
    k = np.arange(x.size).reshape(x.shape) % 7
    return torch.from_numpy((0.3 * x + 0.1 * np.sin(float(timestep) / 100.0 + k)).astype(np.float32))


# ----------------------------------------------------------------- the same steps once more, in float64 -------------

def to_x0(prediction, sample, output, alpha_bar):
    """Predicted clean latents and noise of a variance-preserving sample."""
    a, s = np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar)
    if prediction == "epsilon":
        return (sample - s * output) / a, output
    return a * sample - s * output, a * output + s * sample


def sigma_denoised(prediction, sample, output, sigma):
    """Predicted clean latents of a variance-exploding sample (sample = x0 + sigma * noise)."""
    if prediction == "epsilon":
        return sample - sigma * output
    return sample / (sigma**2 + 1) - output * sigma / np.sqrt(sigma**2 + 1)


class Restated:
    """One sampler's step in float64 on float32 inputs; holds what the sampler keeps between steps."""

    def __init__(self, sampler, prediction, timesteps, sigmas, alpha_bars):
        self.sampler, self.prediction = SAMPLERS[sampler], prediction
        self.timesteps = timesteps.astype(np.float64)
        self.sigmas = None if sigmas is None else sigmas.astype(np.float64)
        self.alpha_bars = alpha_bars      # of each step: (alpha bar where it starts, alpha bar where it goes to)
        self.last_x0 = None

    def scale(self, sample, i):
        return sample / np.sqrt(self.sigmas[i] ** 2 + 1) if self.sampler.scales_input else sample

    def step(self, i, sample, output, noise):
        sample, output = sample.astype(np.float64), output.astype(np.float64)
        return self.sampler.step(self, i, sample, output, noise)

    def ddim(self, i, sample, output, _noise):
        now, then = self.alpha_bars[i]
        x0, eps = to_x0(self.prediction, sample, output, now)
        return np.sqrt(then) * x0 + np.sqrt(1 - then) * eps

    def lcm(self, i, sample, output, noise):
        now, then = self.alpha_bars[i]
        x0, _ = to_x0(self.prediction, sample, output, now)
        t = self.timesteps[i] * 10.0
        denoised = t / np.sqrt(t**2 + 0.25) * x0 + 0.25 / (t**2 + 0.25) * sample
        return denoised if noise is None else np.sqrt(then) * denoised + np.sqrt(1 - then) * noise.astype(np.float64)

    def euler(self, i, sample, output, _noise):
        now, then = self.sigmas[i], self.sigmas[i + 1]
        x0 = sigma_denoised(self.prediction, sample, output, now)
        return sample + (sample - x0) / now * (then - now)

    def euler_a(self, i, sample, output, noise):
        now, then = self.sigmas[i], self.sigmas[i + 1]
        x0 = sigma_denoised(self.prediction, sample, output, now)
        up = np.sqrt(then**2 * (now**2 - then**2) / now**2)
        down = np.sqrt(then**2 - up**2)
        return sample + (sample - x0) / now * (down - now) + noise.astype(np.float64) * up

    def dpmpp_2m(self, i, sample, output, _noise):
        alpha = 1 / np.sqrt(self.sigmas**2 + 1)
        with np.errstate(divide="ignore"):
            log_snr = -np.log(self.sigmas)
        x0, _ = to_x0(self.prediction, sample, output, alpha[i] ** 2)
        h = log_snr[i + 1] - log_snr[i]
        direction, last = x0, i == len(self.timesteps) - 1
        if self.last_x0 is not None and not last:
            r = (log_snr[i] - log_snr[i - 1]) / h
            direction = x0 + 0.5 / r * (x0 - self.last_x0)
        self.last_x0 = x0
        sigma = self.sigmas * alpha
        return sigma[i + 1] / sigma[i] * sample - alpha[i + 1] * np.expm1(-h) * direction


# ------------------------------------------------------------------------------------------------ the samplers -------

@dataclass(frozen=True, kw_only=True)
class Sampler:
    """All that the scripts have to know of a sampler; no fact has a default."""

    cls: type
    # What from_config gets beside the model's own config.
    options: dict
    # Its step in float64: a method of Restated.
    step: Callable
    # Whether the network sees sample / sqrt(sigma^2 + 1), instead of the sample as it is.
    scales_input: bool
    # For a class that counts in alpha bars: (scheduler, steps) -> [(alpha bar where step i starts, where it goes to)].
    # None for a class that counts in sigmas.
    alpha_bars: Callable | None
    # (i, timesteps) -> whether step i draws noise.
    draws: Callable
    # Whether the timesteps depend on the config's timestep_spacing.
    asks_spacing: bool
    # None where the class has use_karras_sigmas. Else the words that the golden says about the formulas used in its stead:
    # timesteps and sigmas of EulerDiscreteScheduler, the restated step, alpha_bar = 1 / (1 + sigma^2).
    karras: str | None


def ddim_bars(scheduler, steps):
    table, before = table_of(scheduler), [int(t) - 1000 // steps for t in scheduler.timesteps]
    return [(table[int(t)], table[p] if p >= 0 else float(scheduler.final_alpha_cumprod))
            for t, p in zip(scheduler.timesteps, before)]


def bars_to_next_timestep(scheduler, _steps):
    """Each step goes to where the next one starts; the last one to alpha bar 1."""
    bars = [table_of(scheduler)[int(t)] for t in scheduler.timesteps]
    return list(zip(bars, bars[1:] + [1.0]))


def table_of(scheduler):
    return scheduler.alphas_cumprod.numpy().astype(np.float64)


def never(_i, _timesteps):
    return False


def always(_i, _timesteps):
    return True


def before_the_last(i, timesteps):
    return i < len(timesteps) - 1


SAMPLERS = {
    "ddim": Sampler(
        cls=DDIMScheduler, options={}, step=Restated.ddim, scales_input=False, alpha_bars=ddim_bars, draws=never,
        asks_spacing=True,
        karras="No diffusers class has this. Timesteps and sigmas are those of EulerDiscreteScheduler with "
               "use_karras_sigmas on the same base config; DDIM's step with alpha_bar = 1 / (1 + sigma^2) of this step and "
               "of the next sigma; the last goes to sigma 0, alpha_bar 1 (set_alpha_to_one is not asked). Init sigma 1, "
               "the input is not scaled, the network gets the fractional timesteps."),
    "euler": Sampler(
        cls=EulerDiscreteScheduler, options={}, step=Restated.euler, scales_input=True, alpha_bars=None, draws=never,
        asks_spacing=True, karras=None),
    "euler_a": Sampler(
        cls=EulerAncestralDiscreteScheduler, options={}, step=Restated.euler_a, scales_input=True, alpha_bars=None,
        draws=always,  # in the last step too, where its weight is 0
        asks_spacing=True,
        karras="diffusers' EulerAncestralDiscreteScheduler has no karras. Timesteps, sigmas and init sigma are those of "
               "EulerDiscreteScheduler with use_karras_sigmas on the same base config; the step is k-diffusion's "
               "ancestral Euler (the same as diffusers' own), noise drawn in every step, the last one too."),
    "dpmpp_2m": Sampler(
        cls=DPMSolverMultistepScheduler, options={"algorithm_type": "dpmsolver++", "solver_order": 2},
        step=Restated.dpmpp_2m, scales_input=False, alpha_bars=None, draws=never, asks_spacing=True, karras=None),
    "lcm": Sampler(
        cls=LCMScheduler, options={}, step=Restated.lcm, scales_input=False, alpha_bars=bars_to_next_timestep,
        draws=before_the_last, asks_spacing=False,
        karras="No diffusers class has this. Timesteps and sigmas are those of EulerDiscreteScheduler with "
               "use_karras_sigmas on the same base config; LCM's step with alpha_bar = 1 / (1 + sigma^2) of this step and of "
               "the next sigma, its boundary scalings at the fractional timestep; init sigma 1, the input is not scaled, no "
               "noise in the last step."),
}

for _name, _sampler in SAMPLERS.items():
    _own = "use_karras_sigmas" in inspect.signature(_sampler.cls.__init__).parameters
    assert _own == (_sampler.karras is None), (
        f"{_name}: {_sampler.cls.__name__} {'has' if _own else 'has no'} use_karras_sigmas, and its row says otherwise")


def chosen(names):
    """The samplers of these names, all where there are none; ends the script at a name that SAMPLERS does not have."""
    for name in names:
        if name not in SAMPLERS:
            sys.exit(f"There is no sampler {name}: give it a row in SAMPLERS of make_schedulers.py, or choose of "
                     f"{', '.join(SAMPLERS)}.")
    return [name for name in SAMPLERS if not names or name in names]


def build(sampler, base, **more):
    """The diffusers scheduler of this sampler, from a model's own config."""
    return SAMPLERS[sampler].cls.from_config(dict(base), **SAMPLERS[sampler].options, **more)


def step(scheduler, output, t, sample, generator):
    """One step of a diffusers scheduler, which draws from the generator if it draws at all."""
    takes = "generator" in inspect.signature(scheduler.step).parameters
    return scheduler.step(output, t, sample, **({"generator": generator} if takes else {})).prev_sample


# --------------------------------------------------------------------------------------------------- the runs -------

def config_of(scheduler) -> dict:
    return {k: v for k, v in scheduler.config.items() if not k.startswith("_") or k == "_class_name"}


def without_nulls_of_infinity(config: dict) -> dict:
    return {k: ("-Infinity" if isinstance(v, float) and np.isinf(v) else v) for k, v in config.items()}


def run(sampler, schedule, base, prediction, steps):
    """Returns (description, tensors) of one run."""
    facts = SAMPLERS[sampler]
    by_formula = schedule == "karras" and facts.karras is not None
    more = {"use_karras_sigmas": True} if schedule == "karras" and not by_formula else {}
    scheduler = build(sampler, base, prediction_type=prediction, **more)
    scheduler.set_timesteps(steps)
    config = without_nulls_of_infinity(config_of(scheduler))
    generator = torch.Generator("cpu").manual_seed(7)
    latents = torch.randn([1, 4, 3, 5], generator=generator)
    tensors = {"latents": latents}

    if by_formula:
        euler = EulerDiscreteScheduler.from_config(dict(base), prediction_type=prediction, use_karras_sigmas=True)
        euler.set_timesteps(steps)
        timesteps, sigmas = euler.timesteps, euler.sigmas
        bars = 1 / (1 + sigmas.numpy().astype(np.float64) ** 2)
        bars = list(zip(bars[:-1], bars[1:]))
        init = float(euler.init_noise_sigma) if facts.alpha_bars is None else 1.0
    else:
        timesteps = scheduler.timesteps
        sigmas = scheduler.sigmas if hasattr(scheduler, "sigmas") else None
        init = float(scheduler.init_noise_sigma)
        bars = None if facts.alpha_bars is None else facts.alpha_bars(scheduler, steps)
    restated = Restated(sampler, prediction, timesteps.numpy(), None if sigmas is None else sigmas.numpy(), bars)
    tensors["timesteps"] = timesteps
    if sigmas is not None:
        tensors["sigmas"] = sigmas

    # The pipeline looks the first timestep up in the list; where it stands there twice diffusers begins at the second
    # place and later runs off the end. Only there the first step is named outright.
    twice = not by_formula and len(timesteps) > 1 and bool(timesteps[0] == timesteps[1])
    if twice:
        scheduler.set_begin_index(0)

    sample = latents * init
    deviation = 0.0
    for i, t in enumerate(timesteps):
        if by_formula:
            scaled = torch.from_numpy(restated.scale(sample.numpy().astype(np.float64), i).astype(np.float32))
            output = fake_model(scaled, t)
            noise = torch.randn(sample.shape, generator=generator) if facts.draws(i, timesteps) else None
            sample = torch.from_numpy(restated.step(
                i, sample.numpy(), output.numpy(), None if noise is None else noise.numpy()).astype(np.float32))
        else:
            before = sample
            output = fake_model(scheduler.scale_model_input(sample, t), t)
            # What the step will draw, from a copy of the generator, so that the step itself still draws.
            peek = torch.Generator("cpu")
            peek.set_state(generator.get_state())
            sample = step(scheduler, output, t, sample, generator)
            drew = not torch.equal(peek.get_state(), generator.get_state())
            assert drew == facts.draws(i, timesteps), f"{sampler}: step {i} {'draws' if drew else 'draws no'} noise"
            noise = torch.randn(sample.shape, generator=peek) if drew else None
            assert torch.equal(peek.get_state(), generator.get_state())
            again = restated.step(i, before.numpy(), output.numpy(), None if noise is None else noise.numpy())
            deviation = max(deviation, float(np.abs(again - sample.numpy()).max() / np.abs(again).max()))
        tensors[f"model_output.{i}"] = output
        if noise is not None:
            tensors[f"step_noise.{i}"] = noise
        tensors[f"sample.{i}"] = sample
    assert torch.isfinite(sample).all(), (sampler, schedule, prediction, steps)
    description = {
        "sampler": sampler, "schedule": schedule, "steps": steps, "prediction": prediction,
        "reference": "the formulas of class Restated in make_schedulers.py" if by_formula
        else f"diffusers.{facts.cls.__name__}",
        "initNoiseSigma": init,
        "stepNoise": sorted(int(k.split(".")[1]) for k in tensors if k.startswith("step_noise")),
        "base": base, "config": config,
    }
    if twice:
        description["repeatedTimesteps"] = "diffusers alone fails here with an index error; run with set_begin_index(0)"
    if not by_formula:
        description["stepDeviation"] = float(f"{deviation:.2e}")
    return description, tensors


BASES = {
    "leading": (SD, (1, 2, 7, 8, 25)),
    "trailing": ({**SD, "timestep_spacing": "trailing"}, (1, 2, 8, 16, 25)),
    "linspace": ({**SD, "timestep_spacing": "linspace"}, (1, 2, 8, 25)),
    "zerosnr": ({**SD, "timestep_spacing": "trailing", "rescale_betas_zero_snr": True}, (1, 2, 8, 25)),
    "sd15file": (SD15_FILE, (8, 25)),
}

def alphas():
    """alphas_cumprod of each kind of table, so that a wrong table is seen before a wrong step."""
    tables, tensors = [], {}
    for name, config in {
        "scaled_linear": {}, "linear": {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02},
        "squaredcos_cap_v2": {"beta_schedule": "squaredcos_cap_v2"}, "zero_snr": {"rescale_betas_zero_snr": True},
        "trained_betas": {"trained_betas": [float(b) for b in np.linspace(0.001, 0.02, 20)], "num_train_timesteps": 20},
    }.items():
        config = {**SD, **config}
        tensors[name] = DDIMScheduler.from_config(config).alphas_cumprod
        tables.append({"name": name, "config": config})
    write_golden("schedulers", "alphas", {
        "what": "alphas_cumprod of DDIMScheduler: one float32 tensor a table",
        "references": versions("torch", "diffusers"),
        "notes": {
            "order": "To come within 1e-6: linspace in float32 with step = float32((end - start) / (n - 1)) and one "
                     "rounding a value (start + step * i for the first half, end - step * (n - 1 - i) for the second), "
                     "its square rounded to float32, alpha = float32(1 - beta), the product in float64, each entry then "
                     "rounded. That gives scaled_linear to the bit. All in float64 it is 1e-6 off, the smallest sigmas "
                     "1.3e-5.",
            "zero_snr": "The root is torch's float32 root of a vector maths library, not always correctly rounded; "
                        "the same steps with correctly rounded float32 roots agree to 4e-6, all in float64 to 3e-5 "
                        "(entries next to the last, which are differences of near numbers); the last entry is 0. "
                        "The sigma classes put 2^-24 there.",
        },
        "tables": tables,
    }, tensors)


def main():
    names = chosen(sys.argv[1:])
    if len(sys.argv) == 1:
        alphas()
    for schedule in ("normal", "karras"):
        for sampler in names:
            facts = SAMPLERS[sampler]
            runs, everything = [], {}
            for spacing, (base, many) in BASES.items():
                if not facts.asks_spacing and schedule == "normal" and spacing in ("trailing", "linspace"):
                    continue
                for prediction in ("epsilon", "v_prediction"):
                    if spacing == "zerosnr" and prediction == "epsilon" and facts.alpha_bars is not None:
                        continue  # division by alpha_bar 0: no number
                    for steps in many:
                        if (spacing, prediction) == ("sd15file", "v_prediction") and steps != 8:
                            continue
                        name = f"{spacing}-{'eps' if prediction == 'epsilon' else 'v'}-{steps}"
                        description, tensors = run(sampler, schedule, base, prediction, steps)
                        runs.append({"name": name, "spacing": spacing, **description})
                        everything |= {f"{name}.{k}": v for k, v in tensors.items()}
            worst = max((r.get("stepDeviation", 0.0), r["name"]) for r in runs)
            plain = max(r.get("stepDeviation", 0.0) for r in runs if r["spacing"] != "zerosnr")
            print(f"{sampler:9} {schedule:7} {len(runs)} runs; step against float64: worst {worst}, without zerosnr {plain}")
            assert plain < 1e-5
            write_golden("schedulers", f"{sampler}-{schedule}", {
                "what": f"sampler {sampler}, schedule {schedule}",
                "references": versions("torch", "diffusers", "numpy"),
                "format": "tensor RUN.timesteps, RUN.sigmas, RUN.latents, RUN.model_output.I, RUN.step_noise.I, "
                          "RUN.sample.I; the first sample is latents * initNoiseSigma",
                "standIn": "float32(0.3 * scaled + 0.1 * sin(timestep / 100 + (k mod 7))), in float64; scaled = float32 "
                           "of scale_model_input(sample), k the flat index",
                "stepDeviation": "of a run: how far diffusers' float32 step is from the same step in float64, the largest "
                                 "over the steps, relative to the largest |value| after the step",
                **({"karras": facts.karras} if schedule == "karras" and facts.karras is not None else {}),
                "notes": NOTES,
                "runNames": "SPACING-eps|v-STEPS; zerosnr is trailing with rescale_betas_zero_snr; sd15file is the file's "
                            "config word for word",
                "runs": runs,
            }, everything, list_tensors=False)


if __name__ == "__main__":
    main()
