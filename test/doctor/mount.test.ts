import { describe, expect, test } from 'vitest';
import { mountOf, parseMountinfo, remarkableOptions } from '../../src/doctor/mount.js';

const TEXT = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 22 0:40 / /mnt/my\\040build rw,nosuid shared:5 master:2 - nfs4 server:/srv/nfs rw,vers=4.2,rsize=262144,hard,proto=tcp,local_lock=none,addr=10.0.0.1
31 22 0:41 / /mnt/my rw - tmpfs tmpfs rw,size=64k
32 22 0:50 / /mnt/auto rw - autofs auto rw,fd=7
33 32 0:51 / /mnt/auto rw - cifs //server/share rw,vers=3.1.1,cache=strict,nobrl,file_mode=0755,rsize=1

not a line of mountinfo
`;

describe('mountinfo', () => {
  const mounts = parseMountinfo(TEXT);

  test('is read with the options of the mount and of the file system', () => {
    expect(mounts).toHaveLength(5);
    expect(mounts[1]).toMatchObject({ point: '/mnt/my build', type: 'nfs4', source: 'server:/srv/nfs' });
    expect(mounts[1]?.options).toEqual(expect.arrayContaining(['rw', 'nosuid', 'vers=4.2', 'hard']));
  });

  test.each([
    ['/mnt/my build/obj', '/mnt/my build', 'nfs4'],
    ['/mnt/my', '/mnt/my', 'tmpfs'],
    ['/mnt/myself', '/', 'ext4'],
    ['/', '/', 'ext4'],
    ['/mnt/auto/x', '/mnt/auto', 'cifs'],
  ])('%s lies on %s', (path, point, type) => {
    expect(mountOf(path, mounts)).toMatchObject({ point, type });
  });

  test('of the options those are told that decide how locks behave', () => {
    const options = mounts.map(remarkableOptions);
    expect(options[0]).toEqual([]);
    expect(options[1]).toEqual(['vers=4.2', 'hard', 'local_lock=none']);
    expect(options[4]).toEqual(['vers=3.1.1', 'cache=strict', 'nobrl', 'file_mode=0755']);
  });

  test('nothing is known without one', () => {
    expect(mountOf('/x', parseMountinfo(''))).toBeUndefined();
  });
});
