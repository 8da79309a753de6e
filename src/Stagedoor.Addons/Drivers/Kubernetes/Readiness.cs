using System.Globalization;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>How far an object is, by what its controller says in its status.</summary>
/// <param name="IsReady">Whether as much of it is there as a rollout waits for.</param>
/// <param name="IsWhole">Whether all of it is there.</param>
/// <param name="IsPartly">Whether some of it is there.</param>
/// <param name="Message">What is missing; empty where nothing is.</param>
internal sealed record Readiness(bool IsReady, bool IsWhole, bool IsPartly, string Message)
{
    private static readonly Readiness s_there = new(true, true, true, "");

    /// <summary>Whether it will never be ready: a job that failed for good.</summary>
    public bool HasFailed { get; init; }

    /// <summary>Judges an object.</summary>
    public static Readiness Of(ObjectId id, GoMap live) => (id.Group, id.Kind) switch
    {
        ("apps", "Deployment") => OfDeployment(id, live),
        ("apps", "StatefulSet") => OfStatefulSet(id, live),
        ("apps", "DaemonSet") => OfDaemonSet(id, live),
        ("apps", "ReplicaSet") or ("", "ReplicationController") => OfReplicas(id, live, Number(live, "spec.replicas", 1), Number(live, "status.readyReplicas", 0), 0),
        ("batch", "Job") => OfJob(id, live),
        ("", "Pod") => OfPod(id, live),
        ("", "PersistentVolumeClaim") => When(live.At("status.phase") is "Bound", $"{id} is not bound"),
        ("", "Service") => OfService(id, live),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => When(HasCondition(live, "Established"), $"{id} is not established"),
        ("apiregistration.k8s.io", "APIService") => When(HasCondition(live, "Available"), $"{id} is not available"),
        _ => s_there,
    };

    private static Readiness OfDeployment(ObjectId id, GoMap live)
    {
        var wanted = Number(live, "spec.replicas", 1);
        var ready = Number(live, "status.readyReplicas", 0);
        if (!IsObserved(live) || Number(live, "status.updatedReplicas", 0) < wanted)
        {
            return new(false, false, ready > 0, Count(id, Math.Min(ready, Number(live, "status.updatedReplicas", 0)), wanted, "updated"));
        }

        return OfReplicas(id, live, wanted, ready, live.At("spec.strategy.type") is "Recreate" ? 0 : Share(live.At("spec.strategy.rollingUpdate.maxUnavailable"), wanted));
    }

    private static Readiness OfStatefulSet(ObjectId id, GoMap live)
    {
        var wanted = Number(live, "spec.replicas", 1);
        var ready = Number(live, "status.readyReplicas", 0);
        var partition = Number(live, "spec.updateStrategy.rollingUpdate.partition", 0);
        if (live.At("spec.updateStrategy.type") is not "OnDelete" && (!IsObserved(live) || Number(live, "status.updatedReplicas", 0) < wanted - partition))
        {
            return new(false, false, ready > 0, Count(id, Number(live, "status.updatedReplicas", 0), wanted - partition, "updated"));
        }

        return OfReplicas(id, live, wanted, ready, 0);
    }

    private static Readiness OfDaemonSet(ObjectId id, GoMap live)
    {
        var wanted = Number(live, "status.desiredNumberScheduled", 0);
        var ready = Number(live, "status.numberReady", 0);
        var updated = Number(live, "status.updatedNumberScheduled", 0);
        if (!IsObserved(live))
        {
            return new(false, false, ready > 0, $"{id} has not been looked at yet");
        }

        if (live.At("spec.updateStrategy.type") is not "OnDelete" && updated < wanted - Math.Max(1, Share(live.At("spec.updateStrategy.rollingUpdate.maxUnavailable"), wanted)))
        {
            return new(false, false, ready > 0, Count(id, updated, wanted, "updated"));
        }

        return OfReplicas(id, live, wanted, ready, Math.Max(1, Share(live.At("spec.updateStrategy.rollingUpdate.maxUnavailable"), wanted)));
    }

    private static Readiness OfReplicas(ObjectId id, GoMap live, int wanted, int ready, int mayMiss) => IsObserved(live)
        ? new(ready >= wanted - mayMiss, ready >= wanted, ready > 0 || wanted == 0, ready >= wanted ? "" : Count(id, ready, wanted, "ready"))
        : new(false, false, ready > 0, $"{id} has not been looked at yet");

    private static Readiness OfJob(ObjectId id, GoMap live) =>
        HasCondition(live, "Complete") ? s_there
        : HasCondition(live, "Failed") ? new(false, false, false, $"{id} has failed: {Reason(live, "Failed")}") { HasFailed = true }
        : When(false, $"{id} is not complete");

    private static Readiness OfPod(ObjectId id, GoMap live) =>
        HasCondition(live, "Ready") || live.At("status.phase") is "Succeeded" ? s_there
        : live.At("status.phase") is "Failed" ? new(false, false, false, $"{id} has failed") { HasFailed = true }
        : When(false, $"{id} is not ready");

    private static Readiness OfService(ObjectId id, GoMap live) =>
        live.At("spec.type") is "ExternalName" ? s_there
        : live.At("spec.clusterIP") is not string { Length: > 0 } ? When(false, $"{id} has no address in the cluster")
        : live.At("spec.type") is "LoadBalancer" && (live.At("spec.externalIPs") as GoList ?? []).Count == 0 && (live.At("status.loadBalancer.ingress") as GoList ?? []).Count == 0
            ? When(false, $"{id} has no address outside of the cluster")
            : s_there;

    // What was last written is what the status is about.
    private static bool IsObserved(GoMap live) => Number(live, "status.observedGeneration", 0) >= Number(live, "metadata.generation", 0);

    private static bool HasCondition(GoMap live, string type) => Condition(live, type)?.Text("status") is "True";

    private static string Reason(GoMap live, string type) => Condition(live, type) is { } condition ? $"{condition.Text("reason")} {condition.Text("message")}".Trim() : "";

    private static GoMap? Condition(GoMap live, string type) =>
        (live.At("status.conditions") as GoList ?? []).OfType<GoMap>().FirstOrDefault(c => string.Equals(c.Text("type"), type, StringComparison.Ordinal));

    private static Readiness When(bool isThere, string otherwise) => isThere ? s_there : new(false, false, false, otherwise);

    private static string Count(ObjectId id, int ready, int wanted, string what) => string.Create(CultureInfo.InvariantCulture, $"{id} {ready}/{wanted} {what}");

    private static int Number(GoMap live, string path, int otherwise) => live.At(path) is double number ? (int)Math.Clamp(number, int.MinValue, int.MaxValue) : otherwise;

    // A number, or a share of the whole, rounded down; a quarter where nothing is said.
    private static int Share(object? value, int of) => value switch
    {
        double number => (int)Math.Clamp(number, 0, of),
        string text when text.EndsWith('%') && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var percent) => (int)((long)of * percent / 100),
        _ => of / 4,
    };
}
