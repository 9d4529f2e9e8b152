/**
 * How strongly a picture follows its prompt: Ho and Salimans 2022, "Classifier-free diffusion guidance"
 * (arXiv 2207.12598), equation 6 in the form that Imagen gave it (Saharia et al. 2022, equation 2).
 *
 * Reference: diffusers 0.42.1, StableDiffusionPipeline.
 */

const f32 = Math.fround;

/** Guidance of 1 or less is none: one network call a step instead of a pair, and the negative prompt is not read. */
export function isGuided(cfg: number): boolean {
  return cfg > 1;
}

/** negative + cfg (positive - negative), of a network's answer to the pair [negative, positive]. */
export function guide(pair: Float32Array, cfg: number): Float32Array {
  const half = pair.length / 2;
  const scale = f32(cfg);
  const guided = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    const negative = pair[i]!;
    guided[i] = negative + f32(scale * f32(pair[half + i]! - negative));
  }
  return guided;
}

/**
 * The guidance scale as a condition of its own, for latent consistency models, which were taught guidance and need
 * no pair (Luo et al. 2023, section 4.2): sines, then cosines, of 1000 (cfg - 1) at falling frequencies, [width].
 */
export function guidanceEmbedding(cfg: number, width: number): Float32Array {
  const half = Math.floor(width / 2);
  const embedding = new Float32Array(width); // an odd width ends in a zero
  for (let i = 0; i < half; i++) {
    const frequency = f32(Math.exp(i * -f32(Math.log(10000) / (half - 1))));
    const angle = f32(f32((cfg - 1) * 1000) * frequency);
    embedding[i] = Math.sin(angle);
    embedding[half + i] = Math.cos(angle);
  }
  return embedding;
}
