using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Kubernetes;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Releases;

/// <summary>An object as it shall be in the cluster.</summary>
/// <param name="ApiVersion">Its <c>apiVersion</c>.</param>
/// <param name="Id">Which object it is.</param>
/// <param name="Text">Its YAML.</param>
/// <param name="Content">The YAML, read.</param>
internal sealed record PlannedObject(string ApiVersion, ObjectId Id, string Text, GoMap Content)
{
    /// <summary>Whether it stays when the release does not want it any more: what holds data, or other objects.</summary>
    public bool IsKept => IsNamedKept || Id is { Kind: "PersistentVolumeClaim" or "Namespace", Group: "" } or { Kind: "CustomResourceDefinition" };

    /// <summary>Whether its author says that it stays.</summary>
    public bool IsNamedKept => LiveObject.IsKept(Content);
}
