import { chooseFor } from '../evaluation/choose-files.js';
import { exportEvaluation, openReport } from '../evaluation/export-evaluation.js';
import { rememberClip } from '../gallery/gallery-scores.js';
import type { HandlersOf, StudioParts } from './handler.js';

export function evaluationHandlers(parts: StudioParts): HandlersOf<'evaluation'> {
  const { evaluations, looks, desktop, memory } = parts;
  return {
    async 'evaluation.list'() {
      return evaluations.list();
    },
    async 'evaluation.get'({ id }) {
      return evaluations.get(id);
    },
    'evaluation.look': ({ source }) => looks.look(source),
    'evaluation.choose': ({ what }) => chooseFor(desktop, what),
    async 'evaluation.start'(settings) {
      const run = evaluations.submit(settings);
      // The gallery's scores follow the CLIP that a person chose last.
      if (settings.metrics.some((id) => id.startsWith('clip'))) rememberClip(memory, settings.clip);
      return run;
    },
    async 'evaluation.stop'({ id }) {
      await evaluations.stop(id);
      return {};
    },
    async 'evaluation.resume'({ id }) {
      evaluations.resume(id);
      return {};
    },
    async 'evaluation.remove'({ id }) {
      await evaluations.remove(id);
      return {};
    },
    async 'evaluation.rename'({ id, name }) {
      evaluations.rename(id, name);
      return {};
    },
    'evaluation.export': (wish) => exportEvaluation(parts, wish),
    async 'evaluation.open-report'({ id }) {
      await openReport(parts, id);
      return {};
    },
  };
}
