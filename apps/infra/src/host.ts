import { readFileSync } from 'node:fs';

/** The user that job containers run as, in the image and in every job definition. */
export const CONTAINER_USER = 10001;

/** On a machine and in its containers: where notices of the machine's end appear. */
export const NOTICE_FOLDER = '/run/openevolve';

/** EC2 takes no more, before it is encoded: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
export const MAX_USER_DATA_BYTES = 16_384;

const LIBRARY = '/usr/local/lib/openevolve';
const SYSTEMD = '/etc/systemd/system';

/**
 * The commands that make a machine of the ECS AMI one for jobs. cloud-init runs them once as root,
 * and the ECS agent starts after it. The agent is bound to the firewall rule before all else, so a
 * machine on which instance metadata is open never runs a job, whatever fails after that.
 *
 * The agent's settings: a drained machine signals its containers at once, and they have the two
 * minutes of a Spot notice.
 */
export function hostCommands(): string[] {
  return [
    // Not "Requires" alone: the start of the agent is planned already, and only this is looked at then.
    ...writeFile(
      `${SYSTEMD}/ecs.service.d/openevolve.conf`,
      '[Unit]\nBindsTo=openevolve-firewall.service\nAfter=openevolve-firewall.service\n',
    ),
    'systemctl daemon-reload',
    ...writeFile(`${LIBRARY}/notice-watch.sh`, hostFile('notice-watch.sh'), 0o755),
    ...writeFile(`${LIBRARY}/close-metadata.sh`, hostFile('close-metadata.sh'), 0o755),
    ...writeFile(`${SYSTEMD}/openevolve-notices.service`, hostFile('openevolve-notices.service')),
    ...writeFile(`${SYSTEMD}/openevolve-firewall.service`, hostFile('openevolve-firewall.service')),
    'mkdir -p /etc/ecs',
    'echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config',
    'echo ECS_CONTAINER_STOP_TIMEOUT=120s >> /etc/ecs/ecs.config',
    'systemctl daemon-reload',
    'systemctl enable --now openevolve-firewall.service openevolve-notices.service',
  ];
}

/** The files are next to `src` and `dist`, and in the published package. */
function hostFile(name: string): string {
  return readFileSync(new URL(`../host/${name}`, import.meta.url), 'utf8');
}

function writeFile(path: string, content: string, mode = 0o644): string[] {
  return [
    `install -D -m ${mode.toString(8)} /dev/stdin ${path} <<'END_OF_FILE'\n${content}END_OF_FILE`,
  ];
}
