using Stagedoor.Storage;

namespace Stagedoor.Gateway;

/// <summary>The gateway's own tables: accounts, users, keys, tokens, and what the pipeline records.</summary>
internal sealed class GatewayDb(IDatabaseEngine engine) : Db(engine.Open("gateway"));
