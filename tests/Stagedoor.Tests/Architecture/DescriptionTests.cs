using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>Every operation says in its API description what it is for, what it takes and what it answers.</summary>
public sealed class DescriptionTests(RouteTests.Everything everything) : IClassFixture<RouteTests.Everything>
{
    private IEnumerable<RouteEndpoint> Described => everything.Routes
        .Where(static r => r.Metadata.GetMetadata<ServiceMetadata>() is not null || r.Metadata.GetMetadata<DocumentMetadata>() is not null)
        .Where(static r => r.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true });

    [Fact]
    public void Each_has_a_name_a_summary_and_an_answer_for_success()
    {
        Assert.True(Described.Count() > 100);
        Assert.Empty(Described.Where(static r => r.Metadata.GetMetadata<IEndpointNameMetadata>() is null).Select(Name));
        Assert.Empty(Described.Where(static r => r.Metadata.GetMetadata<IEndpointSummaryMetadata>() is not { Summary.Length: > 10 }).Select(Name));
        Assert.Empty(Described.Where(static r => !r.Metadata.GetOrderedMetadata<AnswerMetadata>().Any(static a => a.Status < 400)).Select(Name));
    }

    [Fact]
    public void Each_describes_all_places_of_its_path() => Assert.Empty(Described.SelectMany(static r =>
        Places(r).Except(r.Metadata.GetOrderedMetadata<ParameterMetadata>().Where(static p => p.Place is ParameterPlace.Path).Select(static p => p.Name), StringComparer.Ordinal)
            .Select(p => $"{Name(r)} {p}")));

    // What handlers read themselves shows when a test sends it.
    [Fact]
    public void Each_describes_whatever_its_handler_lets_itself_be_given() => Assert.Empty(Described.SelectMany(static r =>
        Bound(r).Except(r.Metadata.GetOrderedMetadata<ParameterMetadata>().Select(static p => p.Name), StringComparer.OrdinalIgnoreCase)
            .Select(p => $"{Name(r)} {p}")));

    private static IEnumerable<string> Bound(RouteEndpoint route) => (route.Metadata.GetMetadata<MethodInfo>()?.GetParameters() ?? [])
        .SelectMany(static p => p.GetCustomAttribute<Microsoft.AspNetCore.Http.AsParametersAttribute>() is null
            ? [(p.ParameterType, Name: NameOf(p, p.Name!))]
            : p.ParameterType.GetProperties().Select(static m => (ParameterType: m.PropertyType, Name: NameOf(m, char.ToLowerInvariant(m.Name[0]) + m.Name[1..]))))
        .Where(static p => (Nullable.GetUnderlyingType(p.ParameterType) ?? p.ParameterType) is { } type && (type == typeof(string) || type.IsPrimitive))
        .Select(static p => p.Name);

    private static string NameOf(ICustomAttributeProvider member, string own) =>
        member.GetCustomAttributes(inherit: true).OfType<IFromHeaderMetadata>().FirstOrDefault()?.Name
        ?? member.GetCustomAttributes(inherit: true).OfType<FromQueryAttribute>().FirstOrDefault()?.Name
        ?? member.GetCustomAttributes(inherit: true).OfType<FromRouteAttribute>().FirstOrDefault()?.Name
        ?? own;

    private static IEnumerable<string> Places(RouteEndpoint route) => route.Metadata.GetMetadata<PathTemplateMetadata>() is { } template
        ? System.Text.RegularExpressions.Regex.Matches(template.Template, "{(?<name>[a-z_]+)}", System.Text.RegularExpressions.RegexOptions.NonBacktracking).Select(static m => m.Groups["name"].Value)
        : route.RoutePattern.Parameters.Select(static p => p.Name);

    private static string Name(RouteEndpoint route) => route.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? route.RoutePattern.RawText ?? "";
}
