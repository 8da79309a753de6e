using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Releases;

/// <summary>A hook as a record of a release holds it.</summary>
internal sealed record RecordedHook(string Name, string Kind, string Path, string Manifest, IReadOnlyList<string> Events, int Weight, IReadOnlyList<string> DeletePolicies)
{
    public static RecordedHook Of(Manifest manifest) => new(
        manifest.Name, manifest.Kind, manifest.Source, manifest.Text, manifest.Hook!.Events, manifest.Hook.Weight, manifest.Hook.DeletePolicies);

    public static RecordedHook Read(GoMap map) => new(
        map.Text("name"),
        map.Text("kind"),
        map.Text("path"),
        map.Text("manifest"),
        [.. map.List("events").OfType<string>()],
        map.GetValueOrDefault("weight") is double weight ? (int)Math.Clamp(weight, int.MinValue, int.MaxValue) : 0,
        [.. map.List("delete_policies").OfType<string>()]);

    public GoMap ToMap() => new()
    {
        ["name"] = Name,
        ["kind"] = Kind,
        ["path"] = Path,
        ["manifest"] = Manifest,
        ["events"] = GoList.OfStrings(Events),
        ["last_run"] = new GoMap { ["started_at"] = "", ["completed_at"] = "", ["phase"] = "" },
        ["weight"] = (double)Weight,
        ["delete_policies"] = GoList.OfStrings(DeletePolicies),
    };
}
