export { DEVICE_STATES, DeviceState, deviceMark, isShown } from './model';
export { deviceMatchesQuery } from './queries';
