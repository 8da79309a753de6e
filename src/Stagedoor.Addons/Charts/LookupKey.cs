namespace Stagedoor.Addons.Charts;

/// <summary>What a template looks up in the cluster: an object, or a list where no name is given.</summary>
/// <param name="ApiVersion">As <c>apps/v1</c>.</param>
/// <param name="Kind">As <c>Deployment</c>.</param>
/// <param name="Namespace">Empty for all of them, or where the kind has none.</param>
/// <param name="Name">Empty for a list of all.</param>
internal sealed record LookupKey(string ApiVersion, string Kind, string Namespace, string Name)
{
    public override string ToString() => $"{Kind} of {ApiVersion} {(Namespace.Length > 0 ? Namespace + "/" : "")}{(Name.Length > 0 ? Name : "*")}";
}
