using System.Text.Json.Serialization;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Requests;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances.Inspection;

/// <summary>What would change in the cluster.</summary>
internal sealed record DiffView([property: JsonPropertyName("instanceID")] string InstanceId, string Version, IReadOnlyList<DiffObject> Objects);

/// <summary>How one object would.</summary>
/// <param name="Group">Of its API; empty for the core.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Empty where it has none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Change"><c>added</c>, <c>changed</c> or <c>removed</c>.</param>
/// <param name="Diff">The lines that differ.</param>
internal sealed record DiffObject(string Group, string Kind, string Namespace, string Name, string Change, string Diff)
{
    public static DiffObject Of(ObjectDiff diff) => new(diff.Id.Group, diff.Id.Kind, diff.Id.Namespace, diff.Id.Name, diff.Change, diff.Text);
}

/// <summary>The objects of an instance, and how it is with them.</summary>
internal sealed record ResourceList(string Status, string Message, IReadOnlyList<ResourceView> Items);

/// <summary>An object, and how it is.</summary>
internal sealed record ResourceView(string Group, string Kind, string Namespace, string Name, bool Ready, string Message)
{
    public static ResourceView Of(ObjectHealth health) => new(health.Id.Group, health.Id.Kind, health.Id.Namespace, health.Id.Name, health.IsReady, health.Message);
}

/// <summary>What happened.</summary>
internal sealed record EventList(IReadOnlyList<EventView> Items);

/// <summary>Something that happened.</summary>
internal sealed record EventView(string Type, string Reason, string Message, string Timestamp)
{
    public static EventView Of(InstanceEvent row) => new(row.Kind, row.Reason, row.Message, RequestBody.Time(row.CreatedAt));
}

/// <summary>The revisions that are kept.</summary>
internal sealed record RevisionList(IReadOnlyList<RevisionView> Items);

/// <summary>A revision.</summary>
internal sealed record RevisionView(long Revision, string Version, string Status, string Operation, [property: Schema("""{"type":"object"}""")] RawJson Values, string Timestamp)
{
    public static RevisionView Of(Revision row) => new(row.Number, row.Version, row.Status, row.Description, new(row.ValuesJson), RequestBody.Time(row.CreatedAt));
}
