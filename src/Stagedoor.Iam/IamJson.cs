using System.Text.Json.Serialization;
using Stagedoor.Iam.Credentials;
using Stagedoor.Iam.Domains;
using Stagedoor.Iam.Projects;
using Stagedoor.Iam.Roles;
using Stagedoor.Iam.Tokens;
using Stagedoor.Iam.Users;

namespace Stagedoor.Iam;

/// <summary>The bodies of the IAM API.</summary>
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(GetCatalog.Response), TypeInfoPropertyName = "CatalogResponse")]
[JsonSerializable(typeof(ProjectAnswer))]
[JsonSerializable(typeof(ProjectList))]
[JsonSerializable(typeof(OwnProjectList))]
[JsonSerializable(typeof(CreateProject.Request), TypeInfoPropertyName = "CreateProjectRequest")]
[JsonSerializable(typeof(CreateProject.RequestedProject), TypeInfoPropertyName = "CreateProjectRequested")]
[JsonSerializable(typeof(UpdateProject.Request), TypeInfoPropertyName = "UpdateProjectRequest")]
[JsonSerializable(typeof(UpdateProject.RequestedProject), TypeInfoPropertyName = "UpdateProjectRequested")]
[JsonSerializable(typeof(SetProjectStatus.Request), TypeInfoPropertyName = "SetProjectStatusRequest")]
[JsonSerializable(typeof(SetProjectStatus.RequestedProject), TypeInfoPropertyName = "SetProjectStatusRequested")]
[JsonSerializable(typeof(ListAuthDomains.Response), TypeInfoPropertyName = "DomainsResponse")]
[JsonSerializable(typeof(ListRegions.Response), TypeInfoPropertyName = "RegionsResponse")]
[JsonSerializable(typeof(NewUserRequest))]
[JsonSerializable(typeof(UserAnswer))]
[JsonSerializable(typeof(ListUsers.Response), TypeInfoPropertyName = "UsersResponse")]
[JsonSerializable(typeof(CreateContactUser.Response), TypeInfoPropertyName = "ContactUserResponse")]
[JsonSerializable(typeof(UpdateUser.Request), TypeInfoPropertyName = "UpdateUserRequest")]
[JsonSerializable(typeof(ChangePassword.Request), TypeInfoPropertyName = "ChangePasswordRequest")]
[JsonSerializable(typeof(CredentialAnswer))]
[JsonSerializable(typeof(ListCredentials.Response), TypeInfoPropertyName = "CredentialsResponse")]
[JsonSerializable(typeof(CreateCredential.Request), TypeInfoPropertyName = "CreateCredentialRequest")]
[JsonSerializable(typeof(CreateCredential.RequestedCredential), TypeInfoPropertyName = "CreateCredentialRequested")]
[JsonSerializable(typeof(UpdateCredential.Request), TypeInfoPropertyName = "UpdateCredentialRequest")]
[JsonSerializable(typeof(UpdateCredential.RequestedCredential), TypeInfoPropertyName = "UpdateCredentialRequested")]
[JsonSerializable(typeof(RoleList))]
internal sealed partial class IamJson : JsonSerializerContext;
