using System.Text.RegularExpressions;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers;

/// <summary>The containers of a workload whose image is set.</summary>
internal static partial class WorkloadContainers
{
    private const string Containers = "containers";
    private const string InitContainers = "initContainers";

    /// <summary>Those that are meant, each in the list that it stands in: the one of a name, wherever it is, or all that run together.</summary>
    /// <param name="workload">The workload as its cluster has it, or shall have it.</param>
    /// <param name="name">The container's name; null for all.</param>
    public static IReadOnlyList<(string List, GoMap Container)> Find(GoMap workload, string? name)
    {
        var pod = workload.Table("spec.template.spec") ?? [];
        return
        [
            .. ((string[])[Containers, InitContainers]).SelectMany(list => pod.List(list).OfType<GoMap>().Select(c => (List: list, Container: c)))
                .Where(c => name is null ? c.List is Containers : string.Equals(c.Container.Text("name"), name, StringComparison.Ordinal)),
        ];
    }

    /// <summary>Whether there can be such a workload: names of triggers are whatever people have written.</summary>
    public static bool IsValid(WorkloadImage workload) => Names().IsMatch(workload.Namespace) && Names().IsMatch(workload.Name);

    /// <summary>The workload in words.</summary>
    public static string Named(WorkloadImage workload) => $"{workload.Kind} {workload.Namespace}/{workload.Name}";

    /// <summary>There is no such workload.</summary>
    public static WorkloadResult Missing(WorkloadImage workload) => new(false, $"There is no {Named(workload)} in the cluster.");

    /// <summary>The workload has no such container.</summary>
    public static WorkloadResult Without(WorkloadImage workload) =>
        new(false, workload.Container is { } name ? $"{Named(workload)} has no container {name}." : $"{Named(workload)} has no containers.");

    /// <summary>It runs the image.</summary>
    public static WorkloadResult Set(WorkloadImage workload, string image) => new(true, $"{Named(workload)} runs {image}.");

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9.\-]{0,251}[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Names();
}
