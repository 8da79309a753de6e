using Stagedoor.Storage;

namespace Stagedoor.Identity;

/// <summary>
/// The installation's own database, <c>gateway</c>: accounts, users, keys, tokens and the key ring, and what the pipeline records. Two projects
/// keep tables in it, so the migrations lie beside this class.
/// </summary>
public sealed class GatewayDb(IDatabaseEngine engine) : Db(engine.Open("gateway"));
