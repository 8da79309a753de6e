using System.Text;
using Stagedoor.Images.Manifests;
using Xunit;

namespace Stagedoor.Images.Tests.Manifests;

public sealed class StrictJsonTests
{
    [Theory]
    [InlineData("""{"layers":[],"layers":[]}""", "'layers' twice")]
    [InlineData("""{"layers":[],"Layers":[]}""", "'Layers' twice")]
    [InlineData("""{"layer\u0073":[],"layers":[]}""", "'layers' twice")]
    [InlineData("""{"Layers":[]}""", "'Layers' differs from 'layers' in its letter case only")]
    [InlineData("""{"layer\u017f":[]}""", "differs from 'layers'")]
    [InlineData("""{"config":{"mediatype":"x"}}""", "'mediatype' differs from 'mediaType'")]
    [InlineData("""{"x":{"a":1,"A":2}}""", "'A' twice")]
    [InlineData("""{"annotations":{"a":"1","a":"2"}}""", "'a' twice")]
    [InlineData("""{"mediaType":"\ud800"}""", "half a character or a NUL")]
    [InlineData("""{"mediaType":"\udc00\ud800"}""", "half a character or a NUL")]
    [InlineData("""{"annotations":{"\ud800":""}}""", "half a character or a NUL")]
    [InlineData("""{"annotations":{"a":"\u0000"}}""", "half a character or a NUL")]
    [InlineData("""["\u0000"]""", "half a character or a NUL")]
    public void What_two_readers_read_differently_or_no_database_holds_is_found(string json, string problem) =>
        Assert.Contains(problem, StrictJson.FindProblem(Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"layers":[{"size":1},{"size":2}],"config":{"size":3},"size":4}""")]
    [InlineData("""{"annotations":{"a":"1","A":"2","Size":"3"}}""")]
    [InlineData("""{"x":"\ud83d\ude00 \n 组织","y":["a",{"x":1}],"z":null}""")]
    [InlineData("[]")]
    [InlineData("5")]
    public void Everything_else_is_left_alone(string json) => Assert.Null(StrictJson.FindProblem(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void What_is_not_UTF8_is_found() => Assert.Equal("it is not UTF-8", StrictJson.FindProblem([(byte)'"', 0xC3, (byte)'"']));
}
