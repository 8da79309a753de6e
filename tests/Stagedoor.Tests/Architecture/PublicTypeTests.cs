using System.Reflection;
using Stagedoor.Http;
using Stagedoor.Serve;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>A module shows the host its module class, its settings and what these speak of. Everything else in it may change without a look at others.</summary>
public sealed class PublicTypeTests
{
    // The pipeline is put in front of all modules, which no module class can do for itself.
    private static readonly string[] s_faces = ["GatewayPipeline"];

    public static TheoryData<string> ModuleAssemblies => [.. Modules.All.Select(static m => m.GetType().Assembly.GetName().Name!).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(ModuleAssemblies))]
    public void Only_the_face_of_a_module_is_public(string name)
    {
        var assembly = ProductAssemblies.All.Single(a => a.GetName().Name == name);
        var open = new Queue<Type>(assembly.GetExportedTypes().Where(static t => s_faces.Contains(t.Name, StringComparer.Ordinal) || t.IsAssignableTo(typeof(IModule))));
        foreach (var (_, options) in Modules.All.SelectMany(static m => m.Traits.Settings))
        {
            open.Enqueue(options);
        }

        var face = new HashSet<Type>();
        while (open.TryDequeue(out var type))
        {
            if (type.Assembly == assembly && face.Add(type))
            {
                Spoken(type).ToList().ForEach(open.Enqueue);
            }
        }

        Assert.Empty(assembly.GetExportedTypes().Except(face).Select(static t => t.FullName));
    }

    private static IEnumerable<Type> Spoken(Type type)
    {
        const BindingFlags Visible = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return type.GetMethods(Visible).SelectMany(static m => m.GetParameters().Select(static p => p.ParameterType).Append(m.ReturnType))
            .Concat(type.GetProperties(Visible).Select(static p => p.PropertyType))
            .SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts) : [type];
}
