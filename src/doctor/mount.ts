/** A mount, as one line of /proc/self/mountinfo describes it. */
export interface Mount {
  readonly point: string;
  /** As mount(8) takes it: `nfs4`, `fuse.sshfs`. */
  readonly type: string;
  /** The device, or the server's export. */
  readonly source: string;
  readonly options: readonly string[];
}

/** Reads /proc/self/mountinfo, whose format proc(5) describes. Lines that make no sense are left out. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    // 36 35 98:0 /root /mnt rw,noatime shared:1 - ext3 /dev/root rw,errors=continue
    const [before, after] = line.split(' - ', 2).map((part) => part.split(' '));
    const [point, own] = before?.slice(4) ?? [];
    const [type, source, ofAll] = after ?? [];
    if (point === undefined || type === undefined || source === undefined) return [];
    const options = new Set([...(own ?? '').split(','), ...(ofAll ?? '').split(',')].filter((option) => option !== ''));
    return [{ point: unescaped(point), type, source: unescaped(source), options: [...options] }];
  });
}

/** The mount on which a path lies: the deepest above it; of several on one point the last, which hides the others. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const above = path === mount.point || path.startsWith(mount.point === '/' ? '/' : `${mount.point}/`);
    if (above && mount.point.length >= (best?.point.length ?? 0)) best = mount;
  }
  return best;
}

/** What decides how locks and caches behave; everything else (addresses, sizes, security) is left out. */
const REMARKABLE =
  /^(ro|vers=.*|nolock|local_lock=.*|ac(reg|dir)(min|max)=.*|actimeo=.*|noac|lookupcache=.*|soft|softerr|hard|sync|cache=.*|nobrl|mfsymlinks|noserverino|serverino|nosharesock|noperm|forceuid|forcegid|file_mode=.*|dir_mode=.*|default_permissions|allow_other|localflock|flock|noflock)$/;

export function remarkableOptions(mount: Mount): string[] {
  return mount.options.filter((option) => REMARKABLE.test(option));
}

/** Space, tab, newline and backslash are written as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
