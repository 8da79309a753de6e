using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Triggers;

/// <summary>A trigger as answers show it.</summary>
internal sealed record TriggerView(
    string Action,
    string AppType,
    string Application,
    string ClusterId,
    string ClusterName,
    string ClusterNs,
    string Condition,
    string Container,
    string Enable,
    string Name,
    string TriggerMode,
    string TriggerType,
    string CreatedAt,
    string CreatorName,
    IReadOnlyList<TriggerView.FiringView> TriggerHistory)
{
    /// <summary>The only thing that triggers do.</summary>
    public const string Update = "update";

    /// <summary>One firing. What the trigger is stands there again.</summary>
    internal sealed record FiringView(
        string Action,
        string AppType,
        string Application,
        string ClusterId,
        string ClusterName,
        string ClusterNs,
        string Condition,
        string Container,
        string CreatedAt,
        string CreatorName,
        string Detail,
        string Result,
        string Tag);

    public static TriggerView Of(Trigger t, IEnumerable<Firing> firings) => new(
        Update,
        t.AppType,
        t.Application,
        t.ClusterId,
        t.ClusterName,
        t.ClusterNs,
        t.TagCondition,
        t.Container,
        t.Enabled == 1 ? "true" : "false",
        t.Name,
        t.TriggerMode,
        t.TriggerType,
        WireTime.Of(t.CreatedAt),
        t.CreatorName,
        [
            .. firings.Select(f => new FiringView(
                Update,
                t.AppType,
                t.Application,
                t.ClusterId,
                t.ClusterName,
                t.ClusterNs,
                t.TagCondition,
                t.Container,
                WireTime.Of(f.CreatedAt),
                t.CreatorName,
                f.Detail,
                f.Succeeded == 1 ? "success" : "failed",
                f.Tag)),
        ]);
}
