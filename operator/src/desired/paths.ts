/** Where a member finds its files: the pod mounts them here, the configuration names them. */

export const CONFIG_FOLDER = "/etc/timecoin";
export const CONFIG_FILE = `${CONFIG_FOLDER}/config.yaml`;
export const GENESIS_FILE = `${CONFIG_FOLDER}/genesis.json`;
export const VALIDATOR_KEY = `${CONFIG_FOLDER}/keys/validator.json`;
export const NODE_KEY = `${CONFIG_FOLDER}/keys/node.json`;
export const DATA_FOLDER = "/var/lib/timecoin";
