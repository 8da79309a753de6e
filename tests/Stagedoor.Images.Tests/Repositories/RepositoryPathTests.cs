using Microsoft.AspNetCore.Routing.Patterns;
using Stagedoor.Images.Repositories;
using Xunit;

namespace Stagedoor.Images.Tests.Repositories;

/// <summary>How paths with a repository's name can be read.</summary>
public sealed class RepositoryPathTests
{
    private static readonly IReadOnlyList<RepositoryPaths.Shape> s_shapes =
    [
        Shape("GET,PATCH,DELETE", "/v2/manage/namespaces/{namespace}/repos/{repository}"),
        Shape("GET,POST", "/v2/manage/namespaces/{namespace}/repos/{repository}/tags"),
        Shape("GET,DELETE", "/v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}"),
        Shape("GET", "/v2/manage/namespaces/{namespace}/repos/{repository}/{tag}/accessories"),
    ];

    [Theory]
    [InlineData("GET", "a", "a")]
    [InlineData("GET", "a/b", "a/b")]
    [InlineData("GET", "a/tags", "a/tags a")]
    [InlineData("POST", "a/tags", "a")]
    [InlineData("GET", "a/b/tags/v1", "a/b/tags/v1 a/b")]
    [InlineData("GET", "a/tags/tags", "a/tags/tags a/tags a")]
    [InlineData("DELETE", "a%2Fb/tags/tags", "a/b/tags/tags a/b")]
    [InlineData("GET", "a/b/v1/accessories", "a/b/v1/accessories a/b")]
    [InlineData("GET", "a$b/tags", "a/b/tags a/b")]
    [InlineData("PUT", "a/tags/v1", "a/tags/v1 a")]
    [InlineData("GET", "a//tags", "")]
    public void Every_reading_is_found(string method, string rest, string names)
    {
        var path = "v2/manage/namespaces/team/repos/" + rest;

        var readings = RepositoryPaths.Read(s_shapes, path.Split('/'), method);

        Assert.Equal(names, string.Join(' ', readings.Select(r => r.Name)));
    }

    private static RepositoryPaths.Shape Shape(string methods, string pattern) => RepositoryPaths.ShapeOf(RoutePatternFactory.Parse(pattern), methods.Split(','))!;
}
