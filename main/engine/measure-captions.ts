import type { CaptionsRequest, MeasuredCaptions } from '../../app/contracts/measures.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { captionScores } from '../../native-models/metrics/clip-score.js';
import { FeatureSet } from '../../native-models/metrics/feature-set.js';
import { metrics } from '../../native-models/metrics/index.js';
import type { Captioned, CaptionsMetric } from '../../native-models/metrics/metric.js';

type CaptionedRequest = Omit<CaptionsRequest, 'against' | 'metrics'>;

/** Pictures against their captions. */
export async function measureCaptions(request: CaptionsRequest): Promise<MeasuredCaptions> {
  const opened: FeatureSet[] = [];
  const set = async (matrix: CaptionsRequest['pictures']): Promise<FeatureSet> => {
    const features = await FeatureSet.open(matrix);
    opened.push(features);
    return features;
  };
  const captioned = async ({ pictures, texts, prefixed, captions }: CaptionedRequest): Promise<Captioned> => {
    for (const matrix of [texts, prefixed]) {
      if (matrix !== null && (matrix.rows !== pictures.rows || matrix.columns !== pictures.columns)) {
        throw new StudioError('bad-input', 'Pictures and captions have vectors of two kinds: make them again.');
      }
    }
    if (captions.length !== pictures.rows) {
      throw new StudioError(
        'bad-input',
        `${pictures.rows} pictures have ${captions.length} captions, one each is needed.`,
      );
    }
    return {
      pictures: await set(pictures),
      texts: await set(texts),
      prefixed: prefixed && (await set(prefixed)),
      captions,
    };
  };
  try {
    const own = await captioned(request);
    const against = request.against && (await captioned(request.against));
    const reply: MeasuredCaptions = { metrics: {}, differences: {}, scores: await captionScores(own), notices: [] };
    for (const metric of captionsMetrics(request.metrics)) {
      const { measured, differences } = await metric.measure(own, against);
      for (const [id, value] of Object.entries(measured)) reply.metrics[id] = { ...value };
      for (const [id, value] of Object.entries(differences)) reply.differences[id] = { ...value };
    }
    return reply;
  } finally {
    for (const features of opened) await features.close();
  }
}

/** Throws `bad-input` with what there is, where there is no such metric. */
function captionsMetrics(ids: readonly string[]): CaptionsMetric[] {
  const known = metrics.filter((metric): metric is CaptionsMetric => metric.needs === 'captions');
  const names = known.flatMap(({ gives }) => gives.map(({ id }) => id));
  const unknown = ids.find((id) => !names.includes(id));
  if (unknown !== undefined) {
    throw new StudioError('bad-input', `There is no metric ${unknown} on captions: choose ${names.join(', ')}.`);
  }
  return known.filter(({ gives }) => gives.some(({ id }) => ids.includes(id)));
}
