/** The connector contract over 1С, profile `hub`: the regional contract as 1С publishes it. */
import { describeConnector } from '../../contract.ts';
import { openContract } from '../../regiz/contract-stage.ts';
import { onecHub } from '../../regiz/stage.ts';

const sandbox = { settings: { basicAuthorization: true, emptyAsError: true } };

describeConnector('onec, hub', () => openContract({ lpu: 46, way: onecHub, sandbox }));
describeConnector('onec, hub, SOAP 1.1', () =>
  openContract({ lpu: 44, way: onecHub, sandbox, settings: { soapVersion: '1.1' } }),
);
