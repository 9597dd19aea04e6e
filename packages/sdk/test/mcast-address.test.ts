import assert from 'node:assert/strict';
import { automaticGroup } from '../dist/transport-parts/index.js';

describe('the automatic multicast group', () => {
  it('is the one that corosync makes of the cluster name', () => {
    assert.equal(automaticGroup('wire', 4), '239.192.6.171');
    assert.equal(automaticGroup('wire', 6), 'ff15::6a5');
  });

  it('never ends in 255, and takes bytes above 127 as negative', () => {
    // 0xff alone is -1: 0xffff, and 65535 mod 255 is 0.
    assert.equal(automaticGroup('\u00ff', 6), 'ff15::ff45');
    for (let i = 0; i < 2000; i++) assert.doesNotMatch(automaticGroup(`cluster${i}`, 4), /\.255$/);
  });
});
