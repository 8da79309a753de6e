using Stagedoor.Storage;

namespace Stagedoor.Discovery;

/// <summary>The tables of the microservice engine.</summary>
internal sealed class DiscoveryDb(IDatabaseEngine engine) : Db(engine.Open("discovery"));
