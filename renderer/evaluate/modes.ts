import { pictureMode, type PictureMode } from '../../app/contracts/features.js';

/** Whose resizing and scaling of pictures is repeated; the tools' own names. */
export const modes = pictureMode.options.map((id) => ({ id, label: id }));

export const pictureModeOf = (id: string): PictureMode =>
  pictureMode.options.find((one) => one === id) ?? 'pytorch-fid';
