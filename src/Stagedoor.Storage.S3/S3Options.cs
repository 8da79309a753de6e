using System.ComponentModel;

namespace Stagedoor.Storage.S3;

/// <summary>Where the objects are: AWS, or any server that speaks its S3 protocol.</summary>
public sealed class S3Options
{
    /// <summary>The server's address, such as <c>https://s3.eu-central-1.amazonaws.com</c> or <c>http://minio:9000</c>.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>The bucket; it must exist. The credentials need to list it, and to read, write and delete its objects.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>What every key begins with, so that the bucket can be shared.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The region that requests are signed for; most servers other than AWS take any.</summary>
    public string Region { get; set; } = "us-east-1";

    /// <summary>The access key's id.</summary>
    public string AccessKey { get; set; } = "";

    /// <summary>The access key's secret.</summary>
    [PasswordPropertyText(true)]
    public string SecretKey { get; set; } = "";

    /// <summary>Whether the bucket is a part of the path, which every server understands, rather than of the host name.</summary>
    public bool PathStyle { get; set; } = true;
}
