/**
 * Whether a text is a mail address as the wild has them: one @, nothing that a header, an SMTP command or a command line
 * would take for something else. Letters outside ASCII may be in it (RFC 6531); quoted local parts and address literals
 * may not.
 */
export function isAddress(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@<>()[\]\\,;:"'`|&$%\p{C}\p{Z}-][^\s@<>()[\]\\,;:"`|$\p{C}\p{Z}]{0,63}@[\p{L}\p{M}\p{N}_-]+(\.[\p{L}\p{M}\p{N}_-]+)*$/u.test(
      text,
    )
  );
}
