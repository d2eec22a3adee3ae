-- Who asked for a token of a websocket: it opens no more than its bearer may see. Those that are out end; they would within the hour.

delete from subscription_token;
alter table subscription_token drop column owner, add column bearer jsonb not null;
comment on column subscription_token.bearer is 'who asked for it, as the access token named him';
