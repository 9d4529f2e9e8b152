import type { ComponentType, SVGProps } from 'react';

type IconComponent = ComponentType<SVGProps<SVGSVGElement> & { size?: number | string }>;

/** An icon beside a word or inside a named button: never read aloud by itself. */
export function Icon({ of: Glyph, size = 16 }: { of: IconComponent; size?: 12 | 14 | 16 | 20 | 24 | 32 }) {
  return <Glyph size={size} strokeWidth={size >= 32 ? 1 : 1.5} className="icon" aria-hidden="true" focusable="false" />;
}

export type { IconComponent };
