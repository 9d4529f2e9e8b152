const labels: Readonly<Record<string, string>> = {
  sd1: 'Stable Diffusion 1.x',
  sd2: 'Stable Diffusion 2.x',
  sdxl: 'SDXL',
  'sdxl-refiner': 'SDXL’s refiner',
  sd3: 'Stable Diffusion 3',
  flux: 'Flux',
};

/** For a person; null for `unknown`. */
export const baseLabel = (base: string): string | null => labels[base] ?? null;
