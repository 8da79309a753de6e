using Xunit;

namespace Stagedoor.Core.Tests;

public sealed class MaskedTextTests
{
    [Theory]
    [InlineData("http://user:hush@quota:9000", "http://********@quota:9000")]
    [InlineData("https://hush@stage.example", "https://********@stage.example")]
    [InlineData("http://u:hu@sh@host/path", "http://********@host/path")]
    [InlineData("http://u:hu/sh#?@host", "http://********@host")]
    [InlineData("http://u:hush@a:1;https://v:hush@b:2", "http://********@b:2")]
    [InlineData("http://quota:9000/apply?token=hush", "http://quota:9000/apply?********")]
    [InlineData("user:hush@host", "********@host")]
    [InlineData("Host=db;Username=me;Password=hush;Database=x", "Host=db;Username=me;Password=********;Database=x")]
    [InlineData("Host=db;PASSWORD = 'hu;sh';Database=x", "Host=db;PASSWORD=********;Database=x")]
    [InlineData("Host=db;pwd=hush", "Host=db;pwd=********")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n", "********")]
    public void What_others_must_not_read_is_covered(string text, string shown) => Assert.Equal(shown, MaskedText.Of(text));

    [Theory]
    [InlineData("")]
    [InlineData("24")]
    [InlineData("/var/lib/stagedoor")]
    [InlineData("http://127.0.0.1:8080;https://[::]:8443")]
    [InlineData("10.0.0.0/8")]
    [InlineData("fe80::/10")]
    public void The_rest_is_as_it_was(string text) => Assert.Equal(text, MaskedText.Of(text));
}
