/** What is sent to change a phone deployment: it is replaced whole, so that what stays is sent again. */
import type { CredentialView, DeploymentView, PhoneDeployment } from "../../client";

export type Options = Omit<PhoneDeployment, "telephony" | "enabled">;

export function optionsOf(deployment: DeploymentView | null): Options {
  return (deployment?.options ?? {}) as Options;
}

/** The deployment with some of its options changed; an undefined one is as the assistant says. */
export function changed(deployment: DeploymentView, options: Partial<Options>, more: { enabled?: boolean; phone_number?: string | null } = {}): PhoneDeployment {
  const { telephony } = deployment;
  const merged = Object.fromEntries(Object.entries({ ...optionsOf(deployment), ...options }).filter(([, value]) => value !== undefined));
  return {
    ...merged,
    enabled: more.enabled ?? deployment.enabled,
    telephony: {
      provider: telephony.provider,
      credential_id: telephony.credential_id ?? 0,
      phone_number: more.phone_number === undefined ? telephony.phone_number : more.phone_number,
    },
  };
}

/** The deployment with another account behind it; the number of the old account goes with that. */
export function onAccount(deployment: DeploymentView | null, credential: CredentialView): PhoneDeployment {
  const same = deployment?.telephony.credential_id === credential.id && !deployment.demo;
  return {
    ...optionsOf(deployment),
    enabled: deployment?.enabled ?? true,
    telephony: { provider: credential.provider, credential_id: credential.id, phone_number: same ? deployment.telephony.phone_number : null },
  };
}
