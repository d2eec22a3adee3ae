/** Settings of the profile `umc-http` that lead to the sandbox. */
import type { ProfileSettings } from '../stage.ts';

export const umcHttp: ProfileSettings = ({ origin, login, password, apiKey }) => ({
  profile: 'umc-http',
  url: `${origin}/umc`,
  login,
  password,
  key: apiKey,
});
