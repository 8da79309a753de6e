using Stagedoor.Storage;

namespace Stagedoor.Monitoring;

/// <summary>The tables of the dashboard.</summary>
internal sealed class MonitoringDb(IDatabaseEngine engine) : Db(engine.Open("monitoring"));
