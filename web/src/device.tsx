// SPDX-License-Identifier: Apache-2.0
// What a device is, in the few tags that lists and pages share.
import type { Device } from './api';
import { useWords } from './i18n';
import { Tag } from './parts';

export const deviceStates = ['active', 'lost', 'retired'] as const;

export function DeviceState({ device }: { device: Device }) {
  const { t } = useWords();
  const fresh = device.valid_until !== null && new Date(device.valid_until) > new Date();
  return (
    <>
      {device.state !== 'active' && <Tag kind={device.state}>{t(`state.${device.state}`)}</Tag>}{' '}
      {device.own && <Tag kind="open">{t('devices.owntag')}</Tag>}{' '}
      {device.appliance !== null && <Tag kind="open">{t('devices.geartag')}</Tag>}{' '}
      {device.reused && <Tag kind="open">{t('devices.reusedtag')}</Tag>}{' '}
      {device.copied_at && <Tag kind="fail">{t('devices.copiedtag')}</Tag>}{' '}
      {device.listed_at && device.state === 'active' && <Tag kind="open">{t('devices.listedtag')}</Tag>}{' '}
      {!fresh && device.state !== 'retired' && <Tag kind="unknown">{t('devices.silent')}</Tag>}
    </>
  );
}
