using Stagedoor.Background.Jobs;

namespace Stagedoor.Addons.Instances;

/// <summary>The durable jobs of the add-on manager, in its own database: they are asked for in the transaction that makes an operation.</summary>
internal sealed class AddonsJobs(AddonsDb db, IdSource ids)
{
    public JobStore Store { get; } = new(db, ids);
}
