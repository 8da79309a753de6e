// Creates an organization, lists organizations and projects, with the official SDK for .NET.
using System.Text.Json;
using HuaweiCloud.SDK.Core;
using HuaweiCloud.SDK.Core.Auth;
using HuaweiCloud.SDK.Iam.V3;
using HuaweiCloud.SDK.Iam.V3.Model;
using HuaweiCloud.SDK.Swr.V2;
using HuaweiCloud.SDK.Swr.V2.Model;

// IAM has a model of this name, too.
using Region = HuaweiCloud.SDK.Core.Region;

var door = Environment.GetEnvironmentVariable("DOOR") ?? "http://127.0.0.1:8080";
var keys = JsonDocument.Parse(File.ReadAllText("data/first-run.json")).RootElement;
string Key(string name) => keys.GetProperty(name).GetString();

// Without a project the SDK asks IAM, at the address of the credentials, for the project that has the region's name.
var images = SwrClient.NewBuilder()
    .WithCredential(new BasicCredentials(Key("accessKey"), Key("secretKey")).WithIamEndpoint(door))
    .WithRegion(new Region(Key("project"), door))
    .Build();
images.CreateNamespace(new CreateNamespaceRequest { Body = new CreateNamespaceRequestBody { Namespace = "sdk-dotnet" } });
images.ListNamespaces(new ListNamespacesRequest()).Namespaces.ForEach(organization => Console.WriteLine(organization.Name));

var identity = IamClient.NewBuilder()
    .WithCredential(new GlobalCredentials(Key("accessKey"), Key("secretKey"), Key("domainId")).WithIamEndpoint(door))
    .WithEndPoint(door)
    .Build();
identity.KeystoneListProjects(new KeystoneListProjectsRequest()).Projects.ForEach(project => Console.WriteLine(project.Name));
