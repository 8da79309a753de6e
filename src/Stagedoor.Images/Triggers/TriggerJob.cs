using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Triggers;

/// <summary>Sets the image of one trigger's workload. Cut off and begun again it sets the same once more, and keeps one entry of history.</summary>
internal sealed class TriggerJob(TriggerStore triggers, ImageAddresses addresses, IServiceProvider services, IOptions<TriggerOptions> options) : IJobHandler
{
    public const string Name = "images.trigger";

    public string Kind => Name;

    /// <summary>What a job of this kind has to know.</summary>
    internal sealed record Work(string TriggerId, string Tag, string Digest);

    /// <inheritdoc/>
    /// <exception cref="WorkloadsException">The workload could not be reached; it is tried again.</exception>
    public async Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        var work = JsonSerializer.Deserialize(run.Job.Argument!, TriggersJson.Wire.Work)!;
        if (await triggers.FindFiringAsync(work.TriggerId, cancellationToken) is not { Enabled: 1 } trigger)
        {
            return "The trigger was deleted or switched off.";
        }

        var result = await SetAsync(run.Job, trigger, work, cancellationToken);
        await triggers.RecordAsync(run.Job.Id, trigger, work.Tag, result.IsSet, result.Detail, cancellationToken);
        return result.Detail;
    }

    public async Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken)
    {
        var work = JsonSerializer.Deserialize(job.Argument!, TriggersJson.Wire.Work)!;
        if (await triggers.FindFiringAsync(work.TriggerId, cancellationToken) is { } trigger)
        {
            var detail = job.Attempts > options.Value.Attempts ? reason : $"Attempt {job.Attempts}: {reason}";
            await triggers.RecordAsync(job.Id, trigger, work.Tag, false, detail, cancellationToken);
        }
    }

    public async Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken)
    {
        var work = JsonSerializer.Deserialize(job.Argument!, TriggersJson.Wire.Work)!;
        return await triggers.FindFiringAsync(work.TriggerId, cancellationToken) is { } trigger ? new(trigger.DomainId, "") : null;
    }

    private async Task<WorkloadResult> SetAsync(Job job, FiringTrigger trigger, Work work, CancellationToken cancellationToken)
    {
        if (services.GetService<IWorkloads>() is not { } workloads)
        {
            return new(false, "This installation has no service that sets images of workloads.");
        }

        if (addresses.FindExternal(trigger.Host) is not { } host)
        {
            return new(false, "Images:ExternalHost is none: the image has no address to be pulled from.");
        }

        var image = new WorkloadImage
        {
            DomainId = trigger.DomainId,
            ClusterId = trigger.TriggerMode is Trigger.Cluster ? trigger.ClusterId : null,
            Namespace = trigger.ClusterNs,
            Kind = trigger.AppType is Trigger.StatefulSets ? WorkloadKind.StatefulSet : WorkloadKind.Deployment,
            Name = trigger.Application,
            Container = trigger.Container.Length == 0 ? null : trigger.Container,
            Image = $"{host}/{trigger.Path}:{work.Tag}",
            Digest = Digest.TryParse(work.Digest, out var digest) ? digest : throw new InvalidOperationException($"{work.Digest} is no digest."),
        };
        try
        {
            return await workloads.SetImageAsync(image, cancellationToken);
        }
        catch (WorkloadsException e)
        {
            await triggers.RecordAsync(job.Id, trigger, work.Tag, false, $"Attempt {job.Attempts}: {e.Message}", cancellationToken);
            throw;
        }
    }
}
