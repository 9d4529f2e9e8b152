import sharp from 'sharp';

/** Size and RGB bytes of a picture file: what two pictures must share to be the same, whatever their metadata. */
export async function pixelsOf(file: string): Promise<{ width: number; height: number; rgb: string }> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data.toString('base64') };
}
