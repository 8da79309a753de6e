using Stagedoor.Background.Jobs;

namespace Stagedoor.Images.Jobs;

/// <summary>The durable jobs of the image repository, in its own database: they can be asked for in a transaction with what else it changes.</summary>
internal sealed class ImagesJobs(ImagesDb db, IdSource ids)
{
    public JobStore Store { get; } = new(db, ids);
}
