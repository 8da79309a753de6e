using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Stagedoor.Addons.Tests.RealCluster;

/// <summary>
/// Plays the scheduler and the one node of a cluster that has none: pods are bound, run, and go when they are told to. An image whose name holds <c>stuck</c> never
/// starts, and one with <c>broken</c> fails; a pod of a job comes to its end.
/// </summary>
internal sealed class PlayedKubelet(Kubernetes client) : IAsyncDisposable
{
    private const string NodeName = "stagedoor-tests";

    private readonly CancellationTokenSource _ends = new();
    private Task _work = Task.CompletedTask;

    /// <summary>Begins, where the cluster has no node of its own.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var nodes = await client.CoreV1.ListNodeAsync(cancellationToken: cancellationToken);
        if (nodes.Items.Any(static n => n.Metadata.Name != NodeName))
        {
            return;
        }

        if (nodes.Items.Count == 0)
        {
            await client.CoreV1.CreateNodeAsync(new() { Metadata = new() { Name = NodeName } }, cancellationToken: cancellationToken);
        }

        _work = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _work;
        _ends.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_ends.IsCancellationRequested)
        {
            try
            {
                foreach (var pod in (await client.CoreV1.ListPodForAllNamespacesAsync(cancellationToken: _ends.Token)).Items)
                {
                    await TendAsync(pod);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _ends.Token);
            }
            catch (Exception e) when (e is HttpOperationException or HttpRequestException or IOException)
            {
                // A pod that was quicker, or a server that is away: the next look shows.
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                // The end, or a server that did not answer.
            }
        }
    }

    private async Task TendAsync(V1Pod pod)
    {
        var (name, space) = (pod.Metadata.Name, pod.Metadata.NamespaceProperty);
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            await client.CoreV1.DeleteNamespacedPodAsync(name, space, gracePeriodSeconds: 0, cancellationToken: _ends.Token);
        }
        else if (string.IsNullOrEmpty(pod.Spec.NodeName))
        {
            await client.CoreV1.CreateNamespacedPodBindingAsync(
                new() { Metadata = new() { Name = name }, Target = new() { Kind = "Node", ApiVersion = "v1", Name = NodeName } }, name, space, cancellationToken: _ends.Token);
        }
        else if (pod.Status.Phase is "Pending" && StateOf(pod) is { } status)
        {
            await client.CoreV1.PatchNamespacedPodStatusAsync(
                new($$"""{"status":{{status}}}""", V1Patch.PatchType.MergePatch), name, space, cancellationToken: _ends.Token);
        }
    }

    private static string? StateOf(V1Pod pod)
    {
        var image = pod.Spec.Containers[0].Image;
        var name = pod.Spec.Containers[0].Name;
        return image.Contains("stuck", StringComparison.Ordinal) ? null
            : image.Contains("broken", StringComparison.Ordinal) ? """{"phase":"Failed"}"""
            : pod.Metadata.OwnerReferences?.Any(static o => o.Kind is "Job") is true ? """{"phase":"Succeeded"}"""
            : $$"""
            {"phase":"Running","conditions":[{"type":"Ready","status":"True"},{"type":"ContainersReady","status":"True"}],
            "containerStatuses":[{"name":"{{name}}","image":"{{image}}","imageID":"","ready":true,"started":true,"restartCount":0,"state":{"running":{"startedAt":"2026-01-01T00:00:00Z"} } }]}
            """;
    }
}
