using Xunit;

namespace Stagedoor.Storage.S3.Tests;

public sealed class TestServerTests
{
    [Fact]
    public void The_printed_form_is_read()
    {
        var options = TestServer.Parse("http://127.0.0.1:4568;bucket=stagedoor;accessKey=A;secretKey=b=c;region=eu-1;server=s3rver");

        Assert.Equal("http://127.0.0.1:4568", options.Endpoint);
        Assert.Equal(("stagedoor", "A", "b=c", "eu-1"), (options.Bucket, options.AccessKey, options.SecretKey, options.Region));
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://127.0.0.1:4568")]
    [InlineData("127.0.0.1;bucket=b;accessKey=a;secretKey=s")]
    [InlineData("http://127.0.0.1:4568;bucket=b;accessKey=a")]
    [InlineData("http://127.0.0.1:4568;bucket=b;accessKey=a;secretKey=s;other=1")]
    [InlineData("http://127.0.0.1:4568;bucket")]
    public void Another_form_is_refused(string text) => Assert.Throws<FormatException>(() => TestServer.Parse(text));
}
